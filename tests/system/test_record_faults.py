"""Records are duplicated, delayed, dropped and sent again, with poison between them, while people buy."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator

import pytest

from services_stub.contracts.control import KillService
from services_stub.contracts.control_faults import (
    DelayedRecords,
    DuplicatedRecords,
    PoisonRecords,
    RecordFault,
    ResentRecords,
)
from services_stub.infra.config.services import SERVICES
from services_stub.runtime.kafka.record_faults import POISON
from tests.system.log import read_topics
from tests.system.marketplace import Marketplace
from tests.system.purchases_under_faults import check_books, prepare, purchase_while
from tests.system.test_records import consumed_everything
from tests.unit.every_service import declared
from tests.waiting import eventually, wait_for

TOPICS = ("order-created", "payment-success", "payment-failed", "order-updated", "product-updated")
PURCHASES_OF_EACH = 10

KINDS: dict[str, list[RecordFault]] = {
    "duplicated": [DuplicatedRecords(topic=topic, rate=0.5) for topic in TOPICS],
    "delayed": [DelayedRecords(topic=topic, milliseconds=300) for topic in TOPICS],
    "resent": [ResentRecords(topic=topic, rate=0.3) for topic in TOPICS],
    "poison": [PoisonRecords(topic=topic, milliseconds=150) for topic in TOPICS],
}


@pytest.fixture
def shop(any_kafka: Marketplace) -> Iterator[Marketplace]:
    yield any_kafka
    for fault in any_kafka.control.faults():
        any_kafka.control.clear(fault.id)


async def put_into_force(shop: Marketplace, faults: list[RecordFault]) -> None:
    for fault in faults:
        await asyncio.to_thread(shop.control.apply, fault)
    assert [active.fault for active in await asyncio.to_thread(shop.control.faults)] == faults


async def clear(shop: Marketplace, faults: list[RecordFault]) -> None:
    for fault in faults:
        await asyncio.to_thread(shop.control.clear, fault.id)
    assert await asyncio.to_thread(shop.control.faults) == []


@pytest.mark.slow
def test_the_books_balance_whatever_happens_to_the_records(shop: Marketplace) -> None:
    async def scenario() -> None:
        run = await prepare(shop)
        for number, (kind, faults) in enumerate(KINDS.items(), 1):

            async def disturb(kind: str = kind, faults: list[RecordFault] = faults) -> None:
                await put_into_force(shop, faults)
                if kind == "resent":
                    # Those that were dropped are in its outbox, and the fault in the settings of the next process.
                    await asyncio.to_thread(shop.control.act, KillService(service="order"))

            await purchase_while(run, disturb, purchases=number * PURCHASES_OF_EACH, seed=number)
            await clear(shop, faults)
        ends = await check_books(run)
        assert ends["PAID"] > 0

    asyncio.run(scenario())
    wait_for(lambda: consumed_everything(shop), what="everything consumed")
    check_duplicates(shop)
    check_poison(shop)


def check_duplicates(shop: Marketplace) -> None:
    ids = Counter(entry.headers["ce_id"] for entry in read_topics(shop.bootstrap_servers, "order-created"))
    assert max(ids.values()) > 1


def check_poison(shop: Marketplace) -> None:
    """One dead letter for each poison and group."""
    for topic in TOPICS:
        poison = {entry.key for entry in read_topics(shop.bootstrap_servers, topic) if entry.raw == POISON}
        assert poison, topic
        given_up = Counter(
            (entry.key, entry.headers["dlq_group"])
            for entry in read_topics(shop.bootstrap_servers, f"{topic}.dlq")
            if entry.key in poison
        )
        assert given_up == {(key, group): 1 for key in poison for group in groups_of(topic)}, topic


def groups_of(topic: str) -> list[str]:
    """The services that consume a topic."""
    return [name for name in SERVICES if topic in {event.topic for event in declared(name).events()}]


def test_a_fault_outlives_a_kill_of_its_service(shop: Marketplace) -> None:
    fault = PoisonRecords(topic="user-created", milliseconds=50)
    shop.control.apply(fault)
    killed = shop.service("auth").pid
    shop.control.act(KillService(service="auth"))

    async def scenario() -> None:
        await eventually(lambda: asyncio.to_thread(is_back), what="auth is back")
        before = await asyncio.to_thread(count)
        await eventually(lambda: asyncio.to_thread(lambda: count() > before), what="more poison")

    def is_back() -> bool:
        service = shop.service("auth")
        return service.ready and service.pid != killed

    def count() -> int:
        return sum(entry.raw == POISON for entry in read_topics(shop.bootstrap_servers, "user-created"))

    asyncio.run(scenario())
