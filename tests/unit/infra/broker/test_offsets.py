"""Committed offsets: which commits are taken, that they are kept, and that their log stays small."""

from __future__ import annotations

from typing import Any

import pytest

from services_stub.infra.kafka.broker import errors
from services_stub.infra.kafka.broker.offsets import read_key
from tests.unit.infra.broker.coordinator import COMMIT, FETCH, OFFSET_DELETE, Call, Coordinator, MemoryLog

SUBSCRIBED = b"\0\1\0\0\0\1\0\6orders\xff\xff\xff\xff"
"""The metadata of a consumer that reads `orders`."""


def member(broker: Coordinator, metadata: bytes = SUBSCRIBED, kind: str = "consumer") -> Call:
    """The only member of a stable group."""
    protocols = [{"name": "range", "metadata": metadata}]
    base = {"group_id": "g", "session_timeout_ms": 10_000, "protocol_type": kind, "protocols": protocols}
    joined = broker.ask(11, 3, **base, member_id="")
    broker.sync(joined, {})
    return joined


def deleted(broker: Coordinator, topic: str = "orders", group: str = "g") -> tuple[int, list[int]]:
    asked = [{"name": topic, "partitions": [{"partition_index": 0}, {"partition_index": 2}]}]
    answer = broker.ask(OFFSET_DELETE, 0, group_id=group, topics=asked)
    return answer["error_code"], [p["error_code"] for t in answer["topics"] for p in t["partitions"]]


@pytest.mark.parametrize("version", range(2, 8))
def test_a_consumer_without_a_group_commits_and_reads_its_offsets_in_every_version(version: int) -> None:
    broker = Coordinator()
    assert broker.commit(7, metadata="here", version=version) == 0
    asked = [{"name": "orders", "partition_indexes": [0, 1]}]
    first, second = broker.ask(FETCH, version, group_id="g", topics=asked)["topics"][0]["partitions"]
    assert (first["committed_offset"], first["metadata"], first["error_code"]) == (7, "here", 0)
    assert (second["committed_offset"], second["metadata"], second["error_code"]) == (-1, "", 0)
    if version >= 6:
        assert first["committed_leader_epoch"] == 0


def test_all_offsets_of_a_group_are_read_where_no_topics_are_named() -> None:
    broker = Coordinator()
    broker.commit(1, partition=2)
    broker.commit(2, partition=0)
    broker.commit(3, topic="payments", partition=1)
    assert broker.committed() == {("orders", 2): 1, ("orders", 0): 2, ("payments", 1): 3}
    topics = broker.ask(FETCH, 7, group_id="g", topics=None)["topics"]
    assert [len(each["partitions"]) for each in topics] == [2, 1]
    assert broker.committed("x") == {}


def test_an_offset_may_be_set_back() -> None:
    broker = Coordinator()
    broker.commit(9)
    broker.commit(4)
    assert broker.committed() == Coordinator(broker.log).committed() == {("orders", 0): 4}


def test_a_partition_that_is_not_there_is_refused_and_others_of_the_request_are_kept() -> None:
    broker = Coordinator()
    partitions = [
        {"partition_index": number, "committed_offset": 5, "committed_metadata": text}
        for number, text in ((0, None), (3, ""), (-1, ""), (1, "m" * 4096), (2, "m" * 4097))
    ]
    topics = [{"name": name, "partitions": partitions} for name in ("orders", "unknown")]
    answer = broker.ask(COMMIT, 7, group_id="g", member_id="", topics=topics)
    known, unknown = [[each["error_code"] for each in topic["partitions"]] for topic in answer["topics"]]
    missing = errors.UNKNOWN_TOPIC_OR_PARTITION
    assert known == [0, missing, missing, 0, errors.OFFSET_METADATA_TOO_LARGE]
    assert set(unknown) == {missing}
    assert broker.committed() == {("orders", 0): 5, ("orders", 1): 5}
    assert "x" not in broker.groups.by_id or broker.commit(group="x", topic="unknown")


def test_a_commit_that_cannot_be_written_is_refused_and_forgotten() -> None:
    broker = Coordinator()
    broker.commit(1)
    broker.log.error = errors.KAFKA_STORAGE_ERROR
    assert broker.commit(2) == broker.commit(group="other") == errors.COORDINATOR_NOT_AVAILABLE
    assert broker.committed() == {("orders", 0): 1}
    assert broker.committed("other") == {}
    assert deleted(broker)[0] == errors.COORDINATOR_NOT_AVAILABLE


def test_while_a_group_has_members_they_alone_commit() -> None:
    broker = Coordinator()
    joined = member(broker)
    own: dict[str, Any] = {"member_id": joined["member_id"], "generation_id_or_member_epoch": 1}
    assert broker.commit() == errors.UNKNOWN_MEMBER_ID
    assert broker.commit(**own) == 0
    assert broker.commit(**{**own, "member_id": "x"}) == errors.UNKNOWN_MEMBER_ID
    assert broker.commit(**{**own, "generation_id_or_member_epoch": 0}) == errors.ILLEGAL_GENERATION
    assert broker.commit(**{**own, "generation_id_or_member_epoch": -1}) == errors.ILLEGAL_GENERATION
    assert broker.commit(**own, group_instance_id="x") == errors.UNKNOWN_MEMBER_ID
    assert broker.commit(**own, group="x") == errors.ILLEGAL_GENERATION


def test_members_commit_at_the_beginning_of_a_rebalance_and_not_before_they_have_partitions_again() -> None:
    broker = Coordinator()
    joined = member(broker)
    own: dict[str, Any] = {"member_id": joined["member_id"], "generation_id_or_member_epoch": 1}
    other = broker.enter()
    assert broker.commit(**own) == 0
    joined = broker.join(member=joined["member_id"])
    own["generation_id_or_member_epoch"] = joined["generation_id"]
    assert broker.commit(**own) == errors.REBALANCE_IN_PROGRESS
    broker.clock.advance()
    assert other["generation_id"] == joined["generation_id"] == 2


def test_offsets_are_deleted_unless_a_member_reads_the_topic() -> None:
    broker = Coordinator()
    for topic in ("orders", "payments"):
        broker.commit(topic=topic)
    assert deleted(broker, group="x") == (errors.GROUP_ID_NOT_FOUND, [])
    joined = member(broker)
    assert deleted(broker) == (0, [errors.GROUP_SUBSCRIBED_TO_TOPIC] * 2)
    assert deleted(broker, "payments") == (0, [0, 0])
    assert deleted(broker, "unknown") == (0, [errors.UNKNOWN_TOPIC_OR_PARTITION] * 2)
    assert broker.committed() == {("orders", 0): 7}
    broker.leave(joined["member_id"])
    assert deleted(broker) == (0, [0, 0])
    assert broker.committed() == Coordinator(broker.log).committed() == {}


def test_offsets_of_a_group_that_does_not_consume_are_deleted_only_when_it_is_empty() -> None:
    broker = Coordinator()
    member(broker, kind="connect")
    assert deleted(broker) == (errors.NON_EMPTY_GROUP, [])


def test_the_offsets_in_a_topic_that_is_deleted_are_forgotten() -> None:
    broker = Coordinator()
    for group in ("g", "h"):
        broker.commit(group=group)
    broker.commit(topic="payments")
    broker.offsets.delete_topic("orders")
    assert broker.committed() == Coordinator(broker.log).committed() == {("payments", 0): 7}
    assert broker.committed("h") == {}


def test_the_log_is_rewritten_with_what_is_valid_and_stays_small() -> None:
    broker = Coordinator()
    joined = member(broker)
    own: dict[str, Any] = {"member_id": joined["member_id"], "generation_id_or_member_epoch": 1}
    broker.commit(5, metadata="here", **own)
    for offset in range(20_500):
        broker.offsets.commit("h", [("orders", 1, offset, -1, "")])
    assert broker.log.rewrites == 2
    assert len(broker.log.records()) < 10_000
    again = Coordinator(broker.log)
    assert again.committed("h") == {("orders", 1): 20_499}
    assert again.committed() == {("orders", 0): 5}
    assert again.offsets.of("g")["orders", 0]["metadata"] == "here"
    assert again.beat(joined) == 0


def test_a_log_that_cannot_be_rewritten_stays_as_it_is() -> None:
    broker = Coordinator()
    offsets = broker.offsets
    for offset in range(9_999):
        offsets.commit("g", [("orders", 0, offset, -1, "")])
    broker.log.error = errors.KAFKA_STORAGE_ERROR
    assert broker.commit() == errors.COORDINATOR_NOT_AVAILABLE
    broker.log.error = 0
    assert (broker.log.rewrites, len(broker.log.records())) == (1, 9_999)
    assert broker.commit(1) == 0
    assert broker.committed() == {("orders", 0): 1}


def test_a_log_with_much_garbage_is_rewritten_at_the_start() -> None:
    broker = Coordinator()
    for offset in range(9_990):
        broker.offsets.commit("h", [("orders", 1, offset, -1, "")])
    assert broker.log.rewrites == 0
    for _ in range(2):
        Coordinator(broker.log).commit()
    assert broker.log.rewrites == 0
    for number in range(10):
        Coordinator(broker.log).commit(number)
    assert broker.log.rewrites == 1
    assert len(broker.log.records()) < 10


def test_a_key_of_another_kind_is_passed_over() -> None:
    log = MemoryLog()
    Coordinator(log).commit()
    assert read_key(b"\0\5\0\1x") == {}
    assert Coordinator(log).committed() == {("orders", 0): 7}
