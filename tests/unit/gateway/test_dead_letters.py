"""Dead letters say what their records say, are listed page by page, and are sent again as the record came."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services_stub.contracts.encoding import encode_json
from services_stub.contracts.envelope import SENT_AGAIN_TO
from services_stub.contracts.events import DeadLetterAct, DeadLetterClosed
from services_stub.contracts.http.dead_letters import DeadLetter, DeadLetterState, SendDeadLettersAgain
from services_stub.gateway.dead_letters import log as dead_letter_log
from services_stub.gateway.dead_letters.index import DeadLetterIndex
from services_stub.gateway.dead_letters.log import rounds_of
from services_stub.gateway.dead_letters.records import dead_letter_of, headers_to_send, with_record
from services_stub.runtime.dead_letters import LARGEST_VALUE, dead_letter
from services_stub.runtime.errors import Refused
from services_stub.runtime.kafka.records import Record
from tests.unit.gateway.dead_letters import Admin, Topics
from tests.unit.gateway.live import record_of

HEADERS = st.lists(st.tuples(st.text(max_size=5).filter(lambda name: not name.startswith("dlq_")), st.binary()))
OWN_HEADERS = ("dlq_group", "dlq_error", "dlq_attempt", "dlq_partition", "dlq_offset", "dlq_value_size", "ce_id")
RECORD = record_of("order-created", partition=3, offset=14)


def copy_of(record: Record) -> Record:
    """The record of its dead letter."""
    row = dead_letter(record, group="payment", reason="a bug", attempt=3)
    return Record(row.topic, 0, 17, row.key, row.value, [*row.headers], 1_700_000_000_123)


@settings(max_examples=40)
@given(st.none() | st.binary(), st.none() | st.binary(), HEADERS)
def test_what_is_sent_again_is_the_record_as_it_came(
    key: bytes | None, value: bytes | None, headers: list[tuple[str, bytes | None]]
) -> None:
    copy = copy_of(Record("order-created", 3, 14, key, value, headers, 0))
    found = dead_letter_of(copy)
    assert (found.topic, found.partition, found.offset, found.group) == ("order-created", 3, 14, "payment")
    assert (found.incomplete, found.attempt, found.error, found.size) == ("", 3, "a bug", len(value or b""))
    assert (copy.key, copy.value) == (key, value)
    sent = headers_to_send(copy, found.group)
    assert sent == [*headers, (SENT_AGAIN_TO, b"payment")]
    again = copy_of(Record("order-created", 3, 15, key, value, [*sent], 0))
    assert headers_to_send(again, found.group) == sent


@settings(max_examples=40)
@given(st.lists(st.tuples(st.sampled_from(OWN_HEADERS), st.none() | st.binary())), st.binary(), st.integers())
def test_whatever_lies_in_the_topic_is_shown(
    headers: list[tuple[str, bytes | None]], value: bytes, timestamp: int
) -> None:
    record = Record("order-created.dlq", 0, 1, value, value, headers, timestamp)
    shown = with_record(dead_letter_of(record), record)
    assert msgspec.json.decode(encode_json(shown), type=type(shown)) == shown
    assert bool(shown.dead_letter.incomplete) or dict(headers).get("dlq_group")


CUT: dict[str, tuple[Record, str]] = {
    "value": (msgspec.structs.replace(RECORD, value=b"x" * (LARGEST_VALUE + 1)), "its value had 900001 bytes"),
    "key": (msgspec.structs.replace(RECORD, key=b"x" * 20_000), "its key had 20000 bytes"),
    "header": (msgspec.structs.replace(RECORD, headers=[("big", b"x" * 5000)]), "big (5000 bytes)"),
    "unreadable headers": (msgspec.structs.replace(RECORD, headers=[], fault="not UTF-8"), "all of them"),
}


@pytest.mark.parametrize("part", CUT)
def test_a_record_that_was_not_copied_whole_is_incomplete(part: str) -> None:
    record, why = CUT[part]
    found = dead_letter_of(copy_of(record))
    assert why in found.incomplete
    assert found.size == len(record.value or b"")


@settings(max_examples=40)
@given(st.sets(st.tuples(st.tuples(st.sampled_from("ab"), st.integers(0, 1)), st.integers(0, 400))))
def test_every_wanted_offset_is_read_and_none_twice(wanted: Any) -> None:
    read = [(place, offset) for r in rounds_of(wanted) for place, ends in r.items() for offset in range(*ends)]
    assert len(read) == len(set(read))
    assert wanted <= set(read)


async def pages(admin: Admin, limit: int, **filters: Any) -> list[DeadLetter]:
    """All pages; a dead letter comes and one goes between them."""
    found: list[DeadLetter] = []
    cursor = ""
    asked = {"topic": "", "group": "", "state": None} | filters
    while True:
        page = await admin.log.page(**asked, cursor=cursor, limit=limit)
        found += page.items
        if page.next_cursor is None:
            return found
        cursor = page.next_cursor
        admin.topics.give_up(RECORD, "late")


@settings(max_examples=20)
@given(st.integers(1, 9), st.integers(1, 7))
def test_the_pages_have_each_dead_letter_once_newest_first(count: int, limit: int) -> None:
    admin = Admin()
    ids = admin.topics.dead_letters(count)
    found = asyncio.run(pages(admin, limit, group="payment"))
    assert [each.dead_letter_id for each in found] == ids[::-1]


def test_dead_letters_are_found_by_topic_group_and_state() -> None:
    async def scenario() -> None:
        admin = Admin()
        for topic, group in (("order-created", "payment"), ("order-created", "seller"), ("stock-low", "notification")):
            admin.topics.give_up(record_of(topic), group)
        await admin.discard("stock-low.dlq[0]@0")
        for filters, expected in (
            ({"topic": "order-created"}, ["seller", "payment"]),
            ({"group": "seller"}, ["seller"]),
            ({"state": DeadLetterState.DISCARDED}, ["notification"]),
            ({"topic": "stock-low", "state": DeadLetterState.OPEN}, []),
        ):
            assert [each.group for each in await pages(admin, 100, **filters)] == expected
        page = await admin.log.page("", "", None, "", 1)
        assert (page.matching, len(page.items), page.left_out) == (3, 1, 0)
        for cursor in ("x", "2026~order-created.dlq[0]", "~", "\0"):
            with pytest.raises(Refused):
                await admin.log.page("", "", None, cursor, 1)

    asyncio.run(scenario())


def test_the_newest_are_listed_and_the_others_counted() -> None:
    async def scenario() -> None:
        topics = Topics()
        admin = Admin(topics, most_listed=5)
        ids = topics.dead_letters(8)
        assert (await admin.open(), (await admin.log.page("", "", None, "", 1)).left_out) == (ids[:2:-1], 3)
        ids += topics.dead_letters(3)
        topics.start["order-created.dlq", 0] = 8
        assert (await admin.open(), (await admin.log.page("", "", None, "", 1)).left_out) == (ids[:7:-1], 0)
        assert await admin.log.read_one(ids[7]) is None

    asyncio.run(scenario())


def test_an_event_that_closes_one_takes_no_more_memory_than_an_admin_may() -> None:
    index = DeadLetterIndex()
    index.add(copy_of(RECORD))
    closed = DeadLetterClosed(
        dead_letter_id="order-created.dlq[0]@17",
        act=DeadLetterAct.DISCARDED,
        group="payment",
        event_id="",
        user_id="u" * 900_000,
        reason="r" * 900_000,
    )
    index.close(closed, "2026-01-31T12:00:00Z")
    found = index.find(closed.dead_letter_id)
    assert found is not None
    assert found.state is DeadLetterState.DISCARDED
    assert len(found.reason) + len(found.user_id) < 2000


def test_one_is_read_whole() -> None:
    async def scenario() -> None:
        admin = Admin()
        long = "x" * 1000
        record = msgspec.structs.replace(RECORD, key=b"k" * 1000, value=b"\xff", headers=[("text", "ü".encode())])
        dead_letter_id = admin.topics.give_up(record, reason=long)
        (listed,) = (await admin.log.page("", "", None, "", 1)).items
        assert (len(listed.error), len(listed.key)) == (300, 200)
        await admin.discard(dead_letter_id)
        found = await admin.log.read_one(dead_letter_id)
        assert found is not None
        assert (found.dead_letter.error, found.dead_letter.key, found.dead_letter.reason) == (
            long,
            "k" * 1000,
            "of no use",
        )
        assert found.value is not None
        assert (found.value.text, found.value.encoding) == ("/w==", "base64")
        assert found.headers[0].value.text == "ü"
        for unknown in ("order-created.dlq[0]@9", "order-created[0]@0", "x", "", "order-created.dlq[0]@" + "9" * 30):
            assert await admin.log.read_one(unknown) is None

    asyncio.run(scenario())


def test_reading_is_bounded_and_goes_on_with_the_next_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dead_letter_log, "_MOST_RECORDS", 2)

    async def scenario() -> None:
        admin = Admin()
        ids = admin.topics.dead_letters(5)
        read = admin.topics.read

        def slow(*arguments: Any) -> Any:
            admin.clock.now += 3
            return read(*arguments)

        monkeypatch.setattr(admin.topics, "read", slow)
        with pytest.raises(Refused) as refused:
            await admin.open()
        assert (refused.value.problem.status, refused.value.problem.code) == (503, "still-reading")
        assert await admin.open() == ids[::-1]

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("count", "per_second", "fits"), [(50, 10, True), (51, 10, False), (500, 100, True), (5, 1, True), (6, 1, False)]
)
def test_a_request_sends_for_a_bounded_time(count: int, per_second: int, *, fits: bool) -> None:
    ids = [f"order-created.dlq[0]@{number}" for number in range(count)]
    body = {"deadLetterIds": ids, "perSecond": per_second}
    try:
        msgspec.convert(body, SendDeadLettersAgain)
    except msgspec.ValidationError as error:
        assert not fits, error
    else:
        assert fits
