"""Offsets by time, records that are deleted, and configs, as clients ask for them."""

from __future__ import annotations

import pytest

from services_stub.infra.kafka.broker import errors
from services_stub.infra.kafka.broker.context import Message
from services_stub.infra.kafka.broker.topic_configs import CONFIGS
from tests.unit.infra.broker.batches import a_batch
from tests.unit.infra.broker.node import (
    ALTER_CONFIGS,
    DELETE_RECORDS,
    DESCRIBE_CONFIGS,
    INCREMENTAL_ALTER_CONFIGS,
    LIST_OFFSETS,
    OFFSET_FOR_LEADER_EPOCH,
    Node,
)

TOPIC, BROKER, GROUP = 2, 4, 32
SET, DELETE, APPEND, SUBTRACT = range(4)


@pytest.fixture
def node() -> Node:
    made = Node()
    made.topics.create("t", 1)
    for time in (10, 30, 20):
        made.produce(a_batch(b"1", b"2", time=time, producer=7, epoch=1, sequence=time - 10))
        made.clock.advance(1)
        made.topics.by_name["t"].partitions[0].producers.forget(made.clock.now())
    made.topics.by_name["t"].partitions[0].delete_before(1)
    return made


def list_offset(node: Node, timestamp: int, version: int = 5, **asked: object) -> tuple[int, int, int]:
    part = {"partition_index": 0, "timestamp": timestamp} | asked
    answer = node.ask(LIST_OFFSETS, version, replica_id=-1, topics=[{"name": "t", "partitions": [part]}])
    found = answer["topics"][0]["partitions"][0]
    return found["error_code"], found["offset"], found["timestamp"]


@pytest.mark.parametrize("version", range(1, 10))
def test_offsets_are_found_by_time(node: Node, version: int) -> None:
    assert list_offset(node, -1, version) == (errors.NONE, 6, -1)
    assert list_offset(node, -2, version) == (errors.NONE, 1, -1)
    assert list_offset(node, 0, version) == (errors.NONE, 1, 10)
    assert list_offset(node, 11, version) == (errors.NONE, 2, 30)
    assert list_offset(node, 31, version) == (errors.NONE, -1, -1)


def test_the_newest_record_is_found(node: Node) -> None:
    assert list_offset(node, -3, 7) == (errors.NONE, 2, 30)
    assert list_offset(node, -4, 8) == (errors.NONE, 1, -1)
    assert list_offset(node, -5, 9) == (errors.NONE, -1, -1)
    node.topics.delete("t")
    node.topics.create("t", 1)
    assert list_offset(node, -3, 7) == (errors.NONE, -1, -1)


def test_an_offset_of_no_partition_is_said(node: Node) -> None:
    assert list_offset(node, -1, partition_index=1)[0] == errors.UNKNOWN_TOPIC_OR_PARTITION
    assert list_offset(node, -1, current_leader_epoch=0)[0] == errors.NONE
    assert list_offset(node, -1, current_leader_epoch=1)[0] == errors.UNKNOWN_LEADER_EPOCH


@pytest.mark.parametrize(
    ("offset", "error", "start"),
    [(0, 0, 1), (1, 0, 1), (3, 0, 3), (6, 0, 6), (-1, 0, 6), (7, errors.OFFSET_OUT_OF_RANGE, -1), (-2, 1, -1)],
)
def test_records_are_deleted_up_to_an_offset(node: Node, offset: int, error: int, start: int) -> None:
    parts = [{"partition_index": 0, "offset": offset}]
    answer = node.ask(DELETE_RECORDS, 1, topics=[{"name": "t", "partitions": parts}], timeout_ms=1)
    part = answer["topics"][0]["partitions"][0]
    assert (part["error_code"], part["low_watermark"]) == (error, start)
    assert list_offset(node, -2)[1] == max(start, 1)


@pytest.mark.parametrize(("epoch", "end"), [(0, (0, 6)), (1, (-1, -1)), (-1, (-1, -1))])
def test_there_was_one_leader_only(node: Node, epoch: int, end: tuple[int, int]) -> None:
    parts = [{"partition": 0, "leader_epoch": epoch}]
    answer = node.ask(OFFSET_FOR_LEADER_EPOCH, 3, topics=[{"topic": "t", "partitions": parts}])
    part = answer["topics"][0]["partitions"][0]
    assert (part["leader_epoch"], part["end_offset"]) == end


def configs(node: Node, kind: int = TOPIC, name: str = "t", keys: list[str] | None = None) -> dict[str, Message]:
    asked = [{"resource_type": kind, "resource_name": name, "configuration_keys": keys}]
    [result] = node.ask(DESCRIBE_CONFIGS, 4, resources=asked, include_synonyms=True)["results"]
    assert result["error_code"] == errors.NONE
    return {config["name"]: config for config in result["configs"]}


def test_configs_are_described_with_where_they_come_from(node: Node) -> None:
    node.topics.configure("t", {"retention.ms": "5"})
    found = configs(node)
    assert list(found) == list(CONFIGS)
    assert (found["retention.ms"]["value"], found["retention.ms"]["config_source"]) == ("5", 1)
    assert [synonym["value"] for synonym in found["retention.ms"]["synonyms"]] == ["5", "604800000"]
    assert (found["segment.bytes"]["value"], found["segment.bytes"]["config_source"]) == ("67108864", 5)
    assert list(configs(node, keys=["retention.ms", "unknown"])) == ["retention.ms"]
    assert configs(node, BROKER, "1") == {}


@pytest.mark.parametrize(
    ("kind", "name", "error"),
    [
        (TOPIC, "x", errors.UNKNOWN_TOPIC_OR_PARTITION),
        (BROKER, "2", errors.INVALID_REQUEST),
        (GROUP, "g", errors.INVALID_REQUEST),
    ],
)
def test_configs_of_nothing_are_refused(node: Node, kind: int, name: str, error: int) -> None:
    asked = {"resource_type": kind, "resource_name": name, "configuration_keys": None, "configs": []}
    [result] = node.ask(DESCRIBE_CONFIGS, 1, resources=[asked], include_synonyms=False)["results"]
    assert result["error_code"] == error
    [result] = node.ask(ALTER_CONFIGS, 1, resources=[asked], validate_only=False)["responses"]
    assert result["error_code"] == error


def altered(node: Node, api_key: int, *changes: Message, validate: bool = False) -> tuple[int, dict[str, str]]:
    asked = {"resource_type": TOPIC, "resource_name": "t", "configs": list(changes)}
    [result] = node.ask(api_key, 1, resources=[asked], validate_only=validate)["responses"]
    return result["error_code"], node.topics.by_name["t"].config


def change(name: str, operation: int, value: str | None) -> Message:
    return {"name": name, "config_operation": operation, "value": value}


def test_configs_are_altered_all_at_once(node: Node) -> None:
    node.topics.configure("t", {"retention.ms": "5"})
    changes = {"name": "segment.bytes", "value": "9"}
    assert altered(node, ALTER_CONFIGS, changes, validate=True) == (errors.NONE, {"retention.ms": "5"})
    assert altered(node, ALTER_CONFIGS, changes) == (errors.NONE, {"segment.bytes": "9"})
    assert node.topics.by_name["t"].partitions[0].limits.segment_bytes == 9
    assert altered(node, ALTER_CONFIGS, {"name": "x", "value": "9"}) == (errors.INVALID_CONFIG, {"segment.bytes": "9"})
    assert altered(node, ALTER_CONFIGS) == (errors.NONE, {})


def test_configs_are_altered_one_by_one(node: Node) -> None:
    alter = INCREMENTAL_ALTER_CONFIGS
    assert altered(node, alter, change("retention.ms", SET, "5"), change("segment.bytes", SET, "9")) == (
        errors.NONE,
        {"retention.ms": "5", "segment.bytes": "9"},
    )
    assert altered(node, alter, change("retention.ms", DELETE, None)) == (errors.NONE, {"segment.bytes": "9"})
    assert altered(node, alter) == (errors.NONE, {"segment.bytes": "9"})
    policy = "cleanup.policy"
    assert altered(node, alter, change(policy, SET, "compact"))[1][policy] == "compact"
    for wrong in (
        change("retention.ms", SET, "soon"), change("retention.ms", SET, None), change("retention.ms", APPEND, "5"),
        change(policy, SUBTRACT, "compact"), change("x", SET, "1"), change("retention.ms", 7, "1"),
    ):  # fmt: skip
        assert altered(node, alter, wrong) == (errors.INVALID_CONFIG, {"segment.bytes": "9", policy: "compact"})
