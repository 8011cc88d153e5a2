"""An admin looks at real poison, sends it again and discards it, on each Kafka."""

from __future__ import annotations

import asyncio
import signal

import pytest

from services_stub.client import MarketplaceClient, MarketplaceError
from services_stub.contracts.envelope import SENT_AGAIN_TO
from services_stub.contracts.events import DeadLetterClosed
from services_stub.contracts.http.dead_letters import DeadLetter, DeadLetterProblem, DeadLetterState
from services_stub.runtime.identifiers import new_id
from tests.system.accounts import admin
from tests.system.log import Entry, produce, read_topics
from tests.system.marketplace import Marketplace
from tests.system.test_records import consumed_everything
from tests.waiting import eventually, wait_for

TOPIC, GROUP, OTHER_GROUP = "seller-unblocked", "product", "analytics"
MANY, PER_SECOND = 25, 50


def send_poison(marketplace: Marketplace, count: int) -> str:
    """Put so many records on the topic that no group can handle; the key of all of them."""
    key = new_id()
    for _ in range(count):
        headers = {
            "ce_specversion": "1.0",
            "ce_id": new_id(),
            "ce_type": f"marketplace.{TOPIC}.v1",
            "ce_source": "/tests",
        }
        produce(marketplace.bootstrap_servers, TOPIC, key, b'{"poison": true', headers)
    return key


async def open_ones(boss: MarketplaceClient, key: str, group: str) -> list[DeadLetter]:
    """The open dead letters of a key and a group, newest first."""
    found: list[DeadLetter] = []
    cursor: str | None = ""
    while cursor is not None:
        page = await boss.dead_letters.list(
            topic=TOPIC, group=group, state=DeadLetterState.OPEN, cursor=cursor, limit=100
        )
        found += [each for each in page.items if each.key == key]
        cursor = page.next_cursor
    return found


async def until_open(boss: MarketplaceClient, key: str, group: str, count: int) -> list[DeadLetter]:
    """The open dead letters of a key and a group, once they are so many."""

    async def enough() -> list[DeadLetter] | None:
        found = await open_ones(boss, key, group)
        return found if len(found) >= count else None

    found = await eventually(enough, what="the dead letters")
    assert found is not None
    return found


def sent_again(marketplace: Marketplace, key: str) -> list[Entry]:
    """The records of a key that were sent again."""
    entries = read_topics(marketplace.bootstrap_servers, TOPIC)
    return [entry for entry in entries if entry.key == key and SENT_AGAIN_TO in entry.headers]


def closed_among(marketplace: Marketplace, ids: list[str]) -> int:
    """How many of these dead letters are closed by an event."""
    return len({entry.key for entry in read_topics(marketplace.bootstrap_servers, DeadLetterClosed.topic)} & set(ids))


@pytest.mark.slow
def test_many_are_sent_again_at_a_bounded_rate_to_the_group_that_gave_them_up(any_kafka: Marketplace) -> None:
    async def scenario() -> None:
        boss = await admin(any_kafka)
        key = send_poison(any_kafka, MANY)
        mine = await until_open(boss, key, GROUP, MANY)
        others = await until_open(boss, key, OTHER_GROUP, MANY)
        assert "truncated" in mine[0].error
        ids = [each.dead_letter_id for each in mine]
        results = await boss.dead_letters.send_again(ids, per_second=PER_SECOND, reason="mended")
        assert [result.problem for result in results] == [None] * MANY
        entries = sent_again(any_kafka, key)
        assert entries[-1].timestamp - entries[0].timestamp >= (MANY - 1) * 1000 // PER_SECOND - 1
        assert [entry.headers["ce_id"] for entry in entries] == [each.event_id for each in reversed(mine)]

        await until_open(boss, key, GROUP, MANY)  # it is poison still
        await asyncio.to_thread(wait_for, lambda: consumed_everything(any_kafka, TOPIC))
        assert await open_ones(boss, key, OTHER_GROUP) == others

        for group in (GROUP, OTHER_GROUP):
            left = [each.dead_letter_id for each in await open_ones(boss, key, group)]
            results = await boss.dead_letters.discard(left, "of no use")
            assert [result.problem for result in results] == [None] * MANY
            assert await open_ones(boss, key, group) == []
        (again,) = await boss.dead_letters.send_again(ids[:1])
        assert again.problem is DeadLetterProblem.ALREADY_SENT_AGAIN
        assert (await boss.dead_letters.read(ids[0])).dead_letter.reason == "mended"

    asyncio.run(scenario())


def test_a_dead_letter_is_handled_when_it_is_sent_again(any_kafka: Marketplace) -> None:
    """One of notification, as a bug that is mended by now would have left it."""

    async def scenario() -> None:
        boss = await admin(any_kafka)
        user_id = new_id()
        value = f'{{"userId":"{user_id}","email":"{user_id}@example.org","role":"user"}}'.encode()
        headers = {
            "ce_specversion": "1.0",
            "ce_id": new_id(),
            "ce_type": "marketplace.user-created.v1",
            "ce_source": "/tests",
            "dlq_group": "notification",
            "dlq_error": "a bug",
        }
        # The numbers of earlier tests must not come in between.
        await asyncio.to_thread(wait_for, lambda: consumed_everything(any_kafka, "user-created"))
        users = (await boss.analytics.summary()).users
        produce(any_kafka.bootstrap_servers, "user-created.dlq", user_id, value, headers)
        found = (await boss.dead_letters.list(topic="user-created", group="notification", limit=1)).items[0]
        assert found.key == user_id
        (result,) = await boss.dead_letters.send_again([found.dead_letter_id])
        assert result.problem is None

        def welcomed() -> list[Entry]:
            entries = read_topics(any_kafka.bootstrap_servers, "notification-sent")
            return [entry for entry in entries if entry.value["userId"] == user_id]

        await asyncio.to_thread(wait_for, welcomed, what="the message that the user is welcome")
        await asyncio.to_thread(wait_for, lambda: consumed_everything(any_kafka, "user-created"))
        assert (await boss.analytics.summary()).users == users

    asyncio.run(scenario())


@pytest.mark.slow
def test_what_a_kill_of_the_gateway_interrupts_can_be_done_again(any_kafka: Marketplace) -> None:
    async def scenario() -> None:
        boss = await admin(any_kafka)
        key = send_poison(any_kafka, MANY)
        ids = [each.dead_letter_id for each in await until_open(boss, key, GROUP, MANY)]
        sending = asyncio.create_task(boss.dead_letters.send_again(ids, per_second=10))
        await asyncio.to_thread(wait_for, lambda: closed_among(any_kafka, ids) > 5, what="some of them closed")
        any_kafka.signal("gateway", signal.SIGKILL)
        with pytest.raises(MarketplaceError):
            await sending

        async def left() -> list[str] | None:
            try:
                found = [each.dead_letter_id for each in await open_ones(boss, key, GROUP)]
            except MarketplaceError:
                return None
            return [each for each in ids if each in found]

        still_open = await eventually(left, what="the gateway again")
        assert still_open is not None
        assert 0 < len(still_open) < MANY
        results = await boss.dead_letters.send_again(still_open, per_second=PER_SECOND)
        assert [result.problem for result in results] == [None] * len(still_open)
        assert len({entry.headers["ce_id"] for entry in sent_again(any_kafka, key)}) == MANY

    asyncio.run(scenario())
