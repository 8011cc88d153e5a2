"""A stranger with kcat reads every topic, and finds the headers and values that were promised."""

from __future__ import annotations

import asyncio
import re
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from services_stub.contracts.events.order import OrderStatus
from tests.system.accounts import DECLINED_CARD, admin, buy, delete_once_allowed, new_person, new_product, until_status
from tests.system.log import read_topics
from tests.system.marketplace import Marketplace
from tests.system.tools import Record, needs_kcat, partitions, records
from tests.waiting import wait_for

pytestmark = [needs_kcat, pytest.mark.timeout(240)]

OWNERS = {
    "user-created": "auth",
    "seller-blocked": "auth",
    "seller-unblocked": "auth",
    "product-created": "product",
    "product-updated": "product",
    "product-deleted": "product",
    "order-created": "order",
    "order-updated": "order",
    "payment-success": "payment",
    "payment-failed": "payment",
    "payment-refunded": "payment",
    "notification-sent": "notification",
}
PRODUCT = {
    "productId": str,
    "sellerId": str,
    "name": str,
    "category": str,
    "price": float,
    "quantity": int,
    "status": str,
    "version": int,
}
ORDER = {"orderId": str, "userId": str, "items": list, "status": str, "amount": float}
FIELDS: dict[str, dict[str, type]] = {
    "user-created": {"userId": str, "email": str, "role": str},
    "seller-blocked": {"sellerId": str, "reason": str},
    "seller-unblocked": {"sellerId": str, "reason": str},
    "product-created": PRODUCT,
    "product-updated": PRODUCT,
    "product-deleted": {"productId": str, "sellerId": str, "version": int},
    "order-created": ORDER | {"currency": str, "paymentMethod": str},
    "order-updated": ORDER | {"previousStatus": str, "reason": str},
    "payment-success": {"orderId": str, "paymentId": str, "amount": float},
    "payment-failed": {"orderId": str, "reason": str},
    "payment-refunded": {"orderId": str, "paymentId": str, "amount": float, "reason": str},
    "notification-sent": {"notificationId": str, "userId": str, "channel": str, "template": str, "about": str},
}
ITEM = {"productId": str, "sellerId": str, "name": str, "quantity": int, "unitPrice": float}
HEADERS = {
    "ce_specversion",
    "ce_id",
    "ce_type",
    "ce_source",
    "ce_time",
    "ce_subject",
    "ce_dataschema",
    "content-type",
    "ce_correlationid",
    "ce_causationid",
    "traceparent",
}
MONEY = re.compile(r'"(?:amount|price|unitPrice)":(?!\d+\.\d\d[,}])')
TRACEPARENT = re.compile("00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]")


@dataclass(frozen=True)
class Business:
    """The people and orders of a day, and all records of it that kcat reads."""

    shopper: str
    seller: str
    product: str
    paid: str
    records: list[Record]

    def of(self, topic: str, key: str = "") -> list[Record]:
        """The records of a topic, of one key or of all."""
        return [record for record in self.records if record.topic == topic and key in ("", record.key)]


@pytest.fixture(scope="module")
def business(any_kafka: Marketplace) -> Iterator[Business]:
    """A purchase that is paid and then cancelled, one that is declined, and all that can happen to a seller."""
    yield asyncio.run(_do_business(any_kafka))


async def _do_business(marketplace: Marketplace) -> Business:
    boss, seller = await admin(marketplace), await new_person(marketplace, "seller")
    shopper = await new_person(marketplace)
    assert seller.session.user is not None
    assert shopper.session.user is not None
    seller_id, shopper_id = seller.session.user.user_id, shopper.session.user.user_id
    product = await new_product(seller, quantity=10, price="12.50")
    paid = await buy(shopper, product.product_id, quantity=2)
    declined = await buy(shopper, product.product_id, card=DECLINED_CARD)
    await shopper.orders.cancel(paid.order_id, "changed my mind")
    await until_status(shopper, paid.order_id, OrderStatus.REFUNDED)
    await boss.admin.block_seller(seller_id, "papers missing")
    await boss.admin.unblock_seller(seller_id, "papers found")
    await seller.auth.login(seller.session.user.email, "a-long-password")
    await delete_once_allowed(seller, product.product_id)
    keys = {seller_id, shopper_id, product.product_id, paid.order_id, declined.order_id}
    servers = marketplace.bootstrap_servers

    def everything_is_told() -> bool:
        told = [entry for entry in read_topics(servers, *OWNERS) if entry.key in keys]
        refund = any(entry.topic == "notification-sent" and b'"refund' in entry.raw for entry in told)
        return refund and {entry.topic for entry in told} == set(OWNERS)

    await asyncio.to_thread(wait_for, everything_is_told, what="an event in every topic")
    with ThreadPoolExecutor(len(OWNERS)) as pool:
        found = [record for topic in pool.map(lambda name: records(servers, name), OWNERS) for record in topic]
    mine = [record for record in found if record.key in keys]
    return Business(shopper_id, seller_id, product.product_id, paid.order_id, mine)


def test_every_topic_is_there(any_kafka: Marketplace) -> None:
    found = partitions(any_kafka.bootstrap_servers)
    assert {topic: found[topic] for topic in OWNERS} == dict.fromkeys(OWNERS, 6)
    assert all(f"{topic}.dlq" in found for topic in OWNERS)
    assert found["trace-hops"] == 6


def test_every_record_has_the_envelope(business: Business) -> None:
    assert {record.topic for record in business.records} == set(OWNERS)
    for record in business.records:
        headers = record.headers
        assert headers.keys() == HEADERS
        assert headers["ce_specversion"] == "1.0"
        assert UUID(headers["ce_id"]).version == 7
        assert headers["ce_type"] == f"marketplace.{record.topic}.v1"
        assert headers["ce_source"] == f"/services/{OWNERS[record.topic]}"
        assert abs(datetime.now(UTC) - datetime.fromisoformat(headers["ce_time"])) < timedelta(minutes=10)
        assert headers["ce_time"].endswith("Z")
        assert headers["ce_subject"] == record.key
        assert headers["ce_dataschema"] == f"/schemas/{record.topic}.v1.json"
        assert headers["content-type"] == "application/json"
        assert headers["ce_correlationid"]
        assert headers["ce_causationid"]
        assert TRACEPARENT.fullmatch(headers["traceparent"])
    ids = [record.headers["ce_id"] for record in business.records]
    assert len(set(ids)) == len(ids)


def test_every_value_has_its_fields(business: Business) -> None:
    for record in business.records:
        value = record.value
        check(value, FIELDS[record.topic])
        for item in value.get("items", []):
            check(item, ITEM)
        assert MONEY.search(record.payload) is None, f"an amount without two decimals: {record.payload}"


def check(value: dict[str, Any], fields: dict[str, type]) -> None:
    assert {name: type(value.get(name)) for name in fields} == fields


def test_the_values_agree_with_the_orders(business: Business) -> None:
    (created,) = business.of("order-created", business.paid)
    assert created.value["status"] == "PENDING"
    assert (created.value["amount"], created.value["currency"]) == (25.0, "USD")
    assert created.value["userId"] == business.shopper
    (item,) = created.value["items"]
    assert (item["productId"], item["quantity"], item["unitPrice"]) == (business.product, 2, 12.5)
    moves = [(r.value["previousStatus"], r.value["status"]) for r in business.of("order-updated", business.paid)]
    assert moves == [("PENDING", "PAID"), ("PAID", "CANCELLED"), ("CANCELLED", "REFUNDED")]
    (charged,), (refunded,) = (business.of(topic, business.paid) for topic in ("payment-success", "payment-refunded"))
    assert charged.value["amount"] == refunded.value["amount"] == 25.0
    assert charged.value["paymentId"] == refunded.value["paymentId"]
    assert [record.value["reason"] for record in business.of("payment-failed")] == ["card_declined"]
    assert [r.value["reason"] for r in business.of("seller-blocked", business.seller)] == ["papers missing"]
    assert {record.value["role"] for record in business.of("user-created")} == {"user", "seller"}
    versions = [record.value["version"] for record in business.of("product-updated", business.product)]
    assert versions == sorted(set(versions))


def test_a_purchase_can_be_followed_by_headers_alone(business: Business) -> None:
    flow = [record for record in business.records if record.headers["ce_correlationid"] == business.paid]
    assert {record.topic for record in flow} >= {
        "product-updated",
        "order-created",
        "payment-success",
        "order-updated",
        "payment-refunded",
        "notification-sent",
    }
    assert all(record in flow for record in business.records if record.key == business.paid)
    (created,) = business.of("order-created", business.paid)
    (charged,) = business.of("payment-success", business.paid)
    (refunded,) = business.of("payment-refunded", business.paid)
    became_paid, cancelled, became_refunded = business.of("order-updated", business.paid)
    for cause, effect in (
        (created, charged),
        (charged, became_paid),
        (cancelled, refunded),
        (refunded, became_refunded),
    ):
        assert effect.headers["ce_causationid"] == cause.headers["ce_id"]
    bought = [created, charged, became_paid]
    assert len({record.headers["traceparent"][3:35] for record in bought}) == 1


def test_the_schemas_that_headers_name_are_served(any_kafka: Marketplace, business: Business) -> None:
    for schema in {record.headers["ce_dataschema"] for record in business.records}:
        with urllib.request.urlopen(any_kafka.gateway + schema, timeout=10) as answer:
            assert answer.status == 200
