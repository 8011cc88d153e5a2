"""Records that no service of ours would send: twice, out of order, and poison on every topic that is consumed."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from services_stub.contracts.events.order import OrderStatus
from services_stub.contracts.http.payment import PaymentStatus
from services_stub.runtime.identifiers import new_id
from tests.system.accounts import buy, new_person, new_product
from tests.system.lag import total_lag
from tests.system.log import Entry, produce, read_topics
from tests.system.marketplace import Marketplace
from tests.waiting import wait_for

CONSUMED = {
    "user-created": ["analytics", "notification"],
    "seller-blocked": ["analytics", "notification", "order", "product"],
    "seller-unblocked": ["analytics", "product"],
    "refresh-token-reused": ["notification"],
    "password-changed": ["notification"],
    "product-created": ["analytics", "cart", "search", "seller"],
    "product-updated": ["analytics", "cart", "search", "seller"],
    "product-deleted": ["analytics", "cart", "search", "seller"],
    "order-created": ["analytics", "cart", "notification", "payment", "seller"],
    "order-updated": ["analytics", "cart", "notification", "payment", "product", "seller"],
    "payment-success": ["analytics", "notification", "order", "seller"],
    "payment-failed": ["analytics", "notification", "order", "seller"],
    "payment-refunded": ["analytics", "notification", "order", "seller"],
    "product-viewed": ["analytics"],
    "cart-changed": ["analytics"],
}
"""The groups that at least consume each topic."""


def test_every_event_of_a_purchase_may_come_twice(any_kafka: Marketplace) -> None:
    async def scenario() -> None:
        seller, shopper = await new_person(any_kafka, "seller"), await new_person(any_kafka)
        product = await new_product(seller, quantity=10)
        order = await buy(shopper, product.product_id, quantity=2)
        wait_for(lambda: len(notifications_about(any_kafka, order.order_id)) == 3, what="placed, receipt and sale")
        flow = [e for topic in CONSUMED for e in read_topics(any_kafka.bootstrap_servers, topic)]
        mine = [e for e in flow if e.headers.get("ce_correlationid") == order.order_id]
        assert len(mine) >= 4
        for entry in reversed(mine):
            produce(any_kafka.bootstrap_servers, entry.topic, entry.key, entry.raw, entry.headers)
        # Whatever the duplicates did is done once a later purchase has gone through the same partitions' groups.
        await buy(shopper, product.product_id, quantity=1)
        wait_for(lambda: consumed_everything(any_kafka), what="every duplicate consumed")
        found = (await seller.seller.products()).items[0]
        assert (found.quantity, found.reserved) == (7, 0)
        assert (await shopper.orders.read(order.order_id)).status == OrderStatus.PAID
        assert len(notifications_about(any_kafka, order.order_id)) == 3
        charges = [e for e in read_topics(any_kafka.bootstrap_servers, "payment-success") if e.key == order.order_id]
        assert len({e.headers["ce_id"] for e in charges}) == 1

    asyncio.run(scenario())


def test_an_order_that_is_cancelled_before_payment_hears_of_it_is_never_charged(any_kafka: Marketplace) -> None:
    """Topics are not ordered against each other: order-updated CANCELLED may come before its order-created."""

    async def scenario() -> None:
        seller, shopper = await new_person(any_kafka, "seller"), await new_person(any_kafka)
        product = await new_product(seller, quantity=10)
        template = await buy(shopper, product.product_id)
        created = next(
            e for e in read_topics(any_kafka.bootstrap_servers, "order-created") if e.key == template.order_id
        )
        updated = next(
            e for e in read_topics(any_kafka.bootstrap_servers, "order-updated") if e.key == template.order_id
        )
        order_id = new_id()
        cancelled = updated.raw.replace(b'"status":"PAID"', b'"status":"CANCELLED"')
        resend(any_kafka, updated, order_id, cancelled.replace(template.order_id.encode(), order_id.encode()))
        wait_for(lambda: consumed_everything(any_kafka), what="the cancellation consumed")
        resend(any_kafka, created, order_id, created.raw.replace(template.order_id.encode(), order_id.encode()))
        wait_for(lambda: consumed_everything(any_kafka), what="the creation consumed")
        assert (await shopper.payments.read(order_id)).status == PaymentStatus.VOIDED
        charges = [e for e in read_topics(any_kafka.bootstrap_servers, "payment-success") if e.key == order_id]
        assert charges == []

    asyncio.run(scenario())


@pytest.mark.parametrize("topic", CONSUMED)
def test_poison_goes_to_the_dead_letters_and_holds_up_no_group(any_kafka: Marketplace, topic: str) -> None:
    key = new_id()
    headers = {
        "ce_specversion": "1.0",
        "ce_id": new_id(),
        "ce_type": f"marketplace.{topic}.v1",
        "ce_source": "/tests",
        "content-type": "application/json",
    }
    produce(any_kafka.bootstrap_servers, topic, key, b'{"poison": true', headers)

    def groups() -> set[str]:
        return {entry.headers["dlq_group"] for entry in dead_letters(any_kafka, topic, key)}

    wait_for(lambda: groups() >= set(CONSUMED[topic]), what="a dead letter of every group")
    for entry in dead_letters(any_kafka, topic, key):
        assert entry.raw == b'{"poison": true'
        assert entry.headers["ce_id"] == headers["ce_id"]
        assert "truncated" in entry.headers["dlq_error"]
        assert entry.headers["dlq_topic"] == topic
    by_group = Counter(entry.headers["dlq_group"] for entry in dead_letters(any_kafka, topic, key))
    assert set(by_group.values()) == {1}
    wait_for(lambda: consumed_everything(any_kafka), what="the rest of the partition")


def dead_letters(marketplace: Marketplace, topic: str, key: str) -> list[Entry]:
    return [entry for entry in read_topics(marketplace.bootstrap_servers, f"{topic}.dlq") if entry.key == key]


def notifications_about(marketplace: Marketplace, about: str) -> list[Entry]:
    log = read_topics(marketplace.bootstrap_servers, "notification-sent")
    return [entry for entry in log if entry.value["about"] == about]


def resend(marketplace: Marketplace, like: Entry, order_id: str, value: bytes) -> None:
    headers = like.headers | {"ce_id": new_id(), "ce_subject": order_id, "ce_correlationid": order_id}
    produce(marketplace.bootstrap_servers, like.topic, order_id, value, headers)


def consumed_everything(marketplace: Marketplace, *topics: str) -> bool:
    """Whether every group has committed up to the end of every partition of these topics, by default of all."""
    readers = {topic: CONSUMED[topic] for topic in topics or CONSUMED}
    return total_lag(marketplace.bootstrap_servers, readers) == 0
