"""Every kind of poison on every consumed topic: a dead letter of each group, no restart, no lag, purchases go on."""

from __future__ import annotations

import asyncio
import hashlib
import subprocess
from collections import Counter
from collections.abc import Iterator

import pytest

from services_stub.contracts.events.order import OrderStatus
from services_stub.infra.config.services import SERVICES
from services_stub.runtime.identifiers import new_id
from tests.raw_kafka import RawProducer
from tests.system.accounts import buy, new_person, new_product
from tests.system.log import Entry, read_topics
from tests.system.marketplace import COMMAND, Marketplace, running_marketplace
from tests.system.poison_kinds import KINDS, LARGE, key_of, send_each_kind
from tests.system.test_records import CONSUMED, consumed_everything
from tests.waiting import wait_for


@pytest.fixture(scope="module")
def shop() -> Iterator[Marketplace]:
    """A marketplace of its own: it is ended and started again."""
    with running_marketplace() as running:
        yield running


def send_all(shop: Marketplace) -> None:
    producer = RawProducer(shop.bootstrap_servers)
    send_each_kind(producer, CONSUMED)
    for topic in CONSUMED:
        producer.send(topic, key_of(topic, "no headers").encode(), b"{}")
        producer.send(topic, b"\xff key", b"{}")
    producer.close()


def check_dead_letters(shop: Marketplace, topic: str) -> None:
    dead_letters: dict[str, list[Entry]] = {}
    for dead_letter in read_topics(shop.bootstrap_servers, f"{topic}.dlq"):
        dead_letters.setdefault(dead_letter.key, []).append(dead_letter)
    for kind in (*KINDS, "no headers"):
        mine = dead_letters[key_of(topic, kind)]
        groups = Counter(dead_letter.headers["dlq_group"] for dead_letter in mine)
        assert set(groups) >= set(CONSUMED[topic]), (topic, kind)
        assert set(groups.values()) == {1}, (topic, kind, groups)
        for dead_letter in mine:
            assert (
                KINDS[kind][2] in dead_letter.headers["dlq_error"]
                if kind in KINDS
                else dead_letter.headers["dlq_error"]
            )
            if kind in LARGE:
                assert dead_letter.headers["dlq_value_size"] == str(len(LARGE[kind]))
                assert dead_letter.headers["dlq_value_sha256"] == hashlib.sha256(LARGE[kind]).hexdigest()
    assert len(dead_letters["\ufffd key"]) >= len(CONSUMED[topic])


async def purchase(shop: Marketplace) -> str:
    seller, shopper = await new_person(shop, "seller"), await new_person(shop)
    product = await new_product(seller, quantity=10)
    order = await buy(shopper, product.product_id)
    assert (await shopper.orders.read(order.order_id)).status == OrderStatus.PAID
    return order.order_id


def send_odd_events(shop: Marketplace, order_id: str) -> None:
    """Events of the right shape with numbers and texts that no store can hold. The reader cannot read all poison."""
    producer = RawProducer(shop.bootstrap_servers)
    for topic in ("order-created", "order-updated", "payment-success", "product-created"):
        for entry in read_topics(shop.bootstrap_servers, topic)[:1]:
            for quantity in (10**14, 10**30):
                for text in ("\\u0000", "x" * 100_000, "\U0001f6d2" * 1000):
                    value = entry.raw.replace(b'"quantity":1', b'"quantity":%d' % quantity)
                    value = value.replace(b'"version":1', b'"version":%d' % quantity)
                    value = value.replace(order_id.encode(), text.encode())
                    headers = entry.headers | {"ce_id": new_id(), "ce_time": "x" * 5000}
                    pairs = [(name.encode(), content.encode()) for name, content in headers.items()]
                    producer.send(topic, b"odd", value, pairs)
    producer.close()


@pytest.mark.slow
def test_every_kind_of_poison_becomes_one_dead_letter_a_group_and_shopping_goes_on(shop: Marketplace) -> None:
    order_id = asyncio.run(purchase(shop))
    send_odd_events(shop, order_id)
    send_all(shop)
    wait_for(lambda: consumed_everything(shop), seconds=60, what="all poison consumed")
    asyncio.run(purchase(shop))
    for topic in CONSUMED:
        check_dead_letters(shop, topic)
    assert restarts(shop) == dict.fromkeys(SERVICES, 0)


@pytest.mark.slow
def test_the_data_directory_starts_again_after_poison(shop: Marketplace) -> None:
    directory = str(shop.directory)
    subprocess.run([*COMMAND, "down", "--data-dir", directory], check=True, capture_output=True, timeout=60)
    subprocess.run([*COMMAND, "up", "--detach", "--data-dir", directory], check=True, capture_output=True, timeout=180)
    again = Marketplace(shop.directory)
    asyncio.run(purchase(again))
    assert restarts(again) == dict.fromkeys(SERVICES, 0)


def restarts(shop: Marketplace) -> dict[str, int]:
    return {name: shop.service(name).restarts for name in SERVICES}
