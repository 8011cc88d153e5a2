"""Fetch: answered with what is there, and otherwise when something comes, in time, or when it is interrupted."""

from __future__ import annotations

from typing import Any

import pytest

from services_stub.infra.kafka.broker import errors
from services_stub.infra.kafka.broker.context import Message
from services_stub.infra.kafka.broker.fetching import _FEW_BYTES, _LOOK_LATER_SECONDS, _LOOK_SECONDS, _MANY_BYTES
from services_stub.infra.kafka.broker.records import iterate
from tests.unit.infra.broker.batches import a_batch
from tests.unit.infra.broker.node import FETCH, Node, Sent

SESSION, NO_SESSION = 0, -1


@pytest.fixture
def node() -> Node:
    made = Node()
    made.topics.create("t", 3)
    made.topics.create("u", 1)
    return made


def fetch(
    node: Node,
    version: int = 11,
    places: str = "t0 t1 t2 u0",
    offset: int = 0,
    least: int = 1,
    most: int = 10**6,
    part: int = 10**6,
    **more: int,
) -> Sent:
    """Ask for records from an offset of partitions on, for half a second and without a session unless it is said."""
    topics: dict[str, list[Message]] = {}
    for place in places.split():
        asked = {"partition": int(place[1:]), "fetch_offset": offset, "partition_max_bytes": part}
        topics.setdefault(place[0], []).append(asked | more)
    asked_topics = [{"topic": name, "partitions": partitions} for name, partitions in topics.items()]
    request = {"max_wait_ms": 500, "min_bytes": least, "max_bytes": most, "session_epoch": NO_SESSION, "rack_id": ""}
    return node.send(FETCH, version, **request | more, topics=asked_topics)


def parts(sent: Sent) -> dict[tuple[str, int], Message]:
    assert sent.response is not None
    assert sent.answers == 1
    return {
        (topic["topic"], part["partition_index"]): part
        for topic in sent.response["responses"]
        for part in topic["partitions"]
    }


def values(sent: Sent, topic: str = "t", partition: int = 0) -> list[bytes | None]:
    return [value for _, _, value in iterate(parts(sent)[topic, partition]["records"])]


@pytest.mark.parametrize("version", range(4, 13))
def test_records_that_are_there_are_answered_at_once(node: Node, version: int) -> None:
    node.produce(a_batch(b"1"))
    node.produce(a_batch(b"2"))
    sent = fetch(node, version)
    assert values(sent) == [b"1", b"2"]
    part = parts(sent)["t", 0]
    assert (part["error_code"], part["high_watermark"], part["last_stable_offset"]) == (errors.NONE, 2, 2)
    assert list(parts(sent)) == [("t", 0)]
    assert node.clock.planned() == 0


def test_a_fetch_waits_for_an_append_and_has_all_that_came_with_it(node: Node) -> None:
    sent = fetch(node)
    assert sent.response is None
    node.produce(a_batch(b"1"))
    node.produce(a_batch(b"2"), topic="u")
    assert sent.response is None
    node.clock.advance()
    assert (values(sent), values(sent, "u")) == ([b"1"], [b"2"])
    node.produce(a_batch(b"3"), partition=1)
    node.clock.advance(10)
    assert sent.answers == 1
    assert node.clock.planned() == 0
    assert not any(partition.waiting for topic in node.topics.by_name.values() for partition in topic.partitions)


def test_without_records_all_partitions_are_answered_in_time(node: Node) -> None:
    sent = fetch(node)
    node.clock.advance(0.499)
    assert sent.response is None
    node.clock.advance(0.001)
    assert list(parts(sent)) == [("t", 0), ("t", 1), ("t", 2), ("u", 0)]
    assert {bytes(part["records"]) for part in parts(sent).values()} == {b""}
    assert list(parts(fetch(node, max_wait_ms=0))) == list(parts(sent))


def test_a_connection_is_told_once_a_second_of_which_partitions_there_is_nothing(node: Node) -> None:
    told: tuple[int, set[Any]] = 0, set()

    def told_of(places: str, offset: int = 0, waiting: float = 0.1) -> list[tuple[str, int]]:
        nonlocal told
        sent = fetch(node, places=places, offset=offset, max_wait_ms=round(1000 * waiting))
        sent.told = told
        node.clock.advance(waiting)
        told = sent.told
        return list(parts(sent))

    assert told_of("t0 t1") == [("t", 0), ("t", 1)]
    assert told_of("t1 t0") == []
    assert told_of("t1 u0") == [("t", 1), ("u", 0)]
    assert told_of("t1 u0") == []
    assert told_of("t1 u0", waiting=1.0) == [("t", 1), ("u", 0)]
    assert told_of("t1 u0") == []
    node.produce(a_batch(b"1"), topic="u")
    assert told_of("u0", offset=1) == [("u", 0)]
    assert told_of("u0", offset=1) == []


def test_those_that_wait_long_end_together_and_none_too_late(node: Node) -> None:
    node.clock.advance(0.013)
    longer = fetch(node, max_wait_ms=200)
    node.clock.advance(0.1)
    long, short = fetch(node, max_wait_ms=100), fetch(node, max_wait_ms=70)
    node.clock.advance(0.069)
    assert (longer.answers, long.answers, short.answers) == (0, 0, 0)
    node.clock.advance(0.001)
    assert (longer.answers, long.answers, short.answers) == (0, 0, 1)
    node.clock.advance(0.016)
    assert (longer.answers, long.answers) == (0, 0)
    node.clock.advance(0.001)
    assert (longer.answers, long.answers) == (1, 1)


def test_the_next_request_on_the_connection_ends_the_wait(node: Node) -> None:
    sent = fetch(node)
    sent.interrupt()
    assert parts(sent) == {}
    node.produce(a_batch(b"1"))
    node.clock.advance(1)
    assert sent.answers == 1


def test_it_may_come_between_an_append_and_its_answer(node: Node) -> None:
    sent = fetch(node)
    node.produce(a_batch(b"1"))
    sent.interrupt()
    node.clock.advance(1)
    assert parts(sent) == {}
    assert values(fetch(node)) == [b"1"]


def test_what_had_nothing_is_looked_at_anew_after_an_append_or_the_end_of_the_topic(node: Node) -> None:
    for _ in range(2):
        fetch(node).interrupt()
    node.produce(a_batch(b"1"), partition=2)
    assert values(fetch(node), partition=2) == [b"1"]
    assert list(parts(fetch(node, places="t2 u0", most=1))) == [("t", 2)]
    fetch(node, places="t0 t1").interrupt()
    node.topics.delete("t")
    assert parts(fetch(node, places="t0 t1"))["t", 1]["error_code"] == errors.UNKNOWN_TOPIC_OR_PARTITION
    node.topics.create("t", 3)
    node.produce(a_batch(b"2"), partition=1)
    assert values(fetch(node, places="t0 t1"), partition=1) == [b"2"]


def test_clients_that_want_a_session_get_every_partition(node: Node) -> None:
    node.produce(a_batch(b"1"))
    sent = fetch(node, session_epoch=SESSION)
    assert sorted(parts(sent)) == [("t", 0), ("t", 1), ("t", 2), ("u", 0)]
    assert sent.response is not None
    assert sent.response["session_id"] == 0
    waiting = fetch(node, session_epoch=SESSION, offset=1, places="t0")
    waiting.interrupt()
    assert list(parts(waiting)) == [("t", 0)]
    assert node.ask(FETCH, 11, session_id=5, max_wait_ms=1, min_bytes=1, topics=[], rack_id="")["error_code"] == (
        errors.FETCH_SESSION_ID_NOT_FOUND
    )


def test_a_partition_that_cannot_be_read_is_said_at_once(node: Node) -> None:
    assert parts(fetch(node, places="t0 t3"))["t", 3]["error_code"] == errors.UNKNOWN_TOPIC_OR_PARTITION
    assert parts(fetch(node, places="x0 t0"))["x", 0]["error_code"] == errors.UNKNOWN_TOPIC_OR_PARTITION
    assert parts(fetch(node, offset=1))["t", 0]["error_code"] == errors.OFFSET_OUT_OF_RANGE
    assert parts(fetch(node, current_leader_epoch=1))["t", 0]["error_code"] == errors.UNKNOWN_LEADER_EPOCH
    node.produce(a_batch(b"1", b"2"))
    node.topics.by_name["t"].partitions[0].delete_before(1)
    part = parts(fetch(node, places="t0"))["t", 0]
    assert (part["error_code"], part["log_start_offset"], part["high_watermark"]) == (errors.OFFSET_OUT_OF_RANGE, 1, 2)


def test_a_topic_that_is_deleted_while_a_fetch_waits_is_said(node: Node) -> None:
    sent = fetch(node)
    node.topics.delete("t")
    node.clock.advance()
    assert {place for place, part in parts(sent).items() if part["error_code"]} == {("t", 0), ("t", 1), ("t", 2)}
    assert parts(sent)["t", 0]["error_code"] == errors.UNKNOWN_TOPIC_OR_PARTITION


def test_fewer_bytes_than_are_wanted_wait_for_more(node: Node) -> None:
    sent = fetch(node, least=2 * len(a_batch(b"1")))
    for number in range(2):
        assert sent.response is None
        node.produce(a_batch(b"%d" % number))
        node.clock.advance()
        assert sent.response is None
        node.clock.advance(_LOOK_SECONDS)
    assert values(sent) == [b"0", b"1"]
    late = fetch(node, least=10**6)
    node.clock.advance(1)
    assert values(late) == [b"0", b"1"]


def test_who_wants_more_than_a_byte_gets_what_comes_in_a_moment_together(node: Node) -> None:
    node.produce(a_batch(b"0"))
    at_once, sent = fetch(node, least=1), fetch(node, least=2)
    assert values(at_once) == [b"0"]
    node.produce(a_batch(b"1"))
    node.clock.advance(_LOOK_SECONDS / 2)
    assert sent.response is None
    node.clock.advance(_LOOK_SECONDS / 2)
    assert values(sent) == [b"0", b"1"]


def test_who_wants_many_bytes_is_looked_after_later(node: Node) -> None:
    sent = fetch(node, least=2 * _FEW_BYTES)
    for _ in range(2):
        node.produce(a_batch(bytes(_FEW_BYTES)))
    node.clock.advance(_LOOK_SECONDS)
    assert sent.response is None
    node.clock.advance(_LOOK_LATER_SECONDS - _LOOK_SECONDS)
    assert len(values(sent)) == 2


def test_what_is_behind_does_not_wait_for_more(node: Node) -> None:
    node.produce(a_batch(bytes(_MANY_BYTES)))
    assert values(fetch(node, least=2)) == [bytes(_MANY_BYTES)]


def test_a_response_is_bounded_but_has_one_batch_at_least(node: Node) -> None:
    size = len(a_batch(b"1"))
    for partition in range(3):
        for _ in range(4):
            node.produce(a_batch(b"1"), partition=partition)
    assert len(values(fetch(node, part=2 * size))) == 2
    assert {place: len(part["records"]) // size for place, part in parts(fetch(node, most=5 * size)).items()} == {
        ("t", 0): 4,
        ("t", 1): 1,
    }
    assert {place: len(part["records"]) // size for place, part in parts(fetch(node, most=1)).items()} == {("t", 0): 1}


def test_held_records_are_not_given(node: Node) -> None:
    partition = node.topics.by_name["t"].partitions[0]
    partition.hold()
    sent = fetch(node)
    node.produce(a_batch(b"1"))
    node.produce(a_batch(b"2"))
    node.clock.advance()
    assert sent.response is None
    partition.release()
    node.clock.advance()
    assert values(sent) == [b"1"]
