"""Topics and what clients ask of them: made, deleted, kept over restarts."""

from __future__ import annotations

from pathlib import Path

import pytest

from services_stub.infra.kafka.broker import errors
from services_stub.infra.kafka.broker.context import Message
from services_stub.infra.kafka.broker.topics import OFFSETS, Topics
from tests.unit.infra.broker.batches import a_batch, values
from tests.unit.infra.broker.node import CREATE_PARTITIONS, CREATE_TOPICS, DELETE_TOPICS, METADATA, Node


@pytest.fixture
def node() -> Node:
    made = Node()
    made.topics.create("t", 2)
    return made


def create(node: Node, version: int = 5, validate: bool = False, **topic: object) -> Message:
    asked = {"name": "new", "num_partitions": 1, "replication_factor": 1, "assignments": [], "configs": []} | topic
    response = node.ask(CREATE_TOPICS, version, topics=[asked], timeout_ms=1, validate_only=validate)
    return dict(response["topics"][0])


def test_topics_and_the_identity_of_the_cluster_are_kept(tmp_path: Path) -> None:
    first = Topics(tmp_path)
    topic = first.create("t", 2, {"retention.ms": "5"})
    topic.partitions[1].append(a_batch(b"1"))
    first.ensure([("t", 3, {})])
    first.configure("t", {"retention.ms": "6"})
    again = Topics(tmp_path)
    assert again.cluster_id == first.cluster_id
    assert (again.by_name["t"].id, again.by_name["t"].config) == (topic.id, {"retention.ms": "6"})
    assert [values(partition) for partition in again.by_name["t"].partitions] == [[], [b"1"], []]
    assert again.by_name["t"].partitions[0].limits.retention_ms == 6
    assert again.by_id[topic.id] is again.by_name["t"]


def test_other_data_is_another_cluster(tmp_path: Path) -> None:
    assert Topics(tmp_path / "1").cluster_id != Topics(tmp_path / "2").cluster_id
    assert len(Topics(tmp_path / "1").cluster_id) == 22


def test_the_producers_of_a_cluster_whose_log_was_lost_are_refused_and_those_of_this_one_are_not(
    tmp_path: Path,
) -> None:
    lost, topics = Topics(tmp_path / "lost"), Topics(tmp_path)
    topics.ensure([("orders", 1, {})])
    log = topics.by_name["orders"].partitions[0]
    late = a_batch(b"late", producer=lost.producer_id(), epoch=0, sequence=7)
    assert log.append(late) == (errors.OUT_OF_ORDER_SEQUENCE_NUMBER, -1)
    own = topics.producer_id()
    assert log.append(a_batch(b"first", producer=own, epoch=0, sequence=0)) == (errors.NONE, 0)
    after_a_kill = Topics(tmp_path).by_name["orders"].partitions[0]
    assert after_a_kill.append(late) == (errors.OUT_OF_ORDER_SEQUENCE_NUMBER, -1)
    assert after_a_kill.append(a_batch(b"second", producer=own, epoch=0, sequence=1)) == (errors.NONE, 1)


def test_a_topic_that_is_deleted_takes_its_records_with_it(tmp_path: Path) -> None:
    topics = Topics(tmp_path)
    deleted: list[str] = []
    topics.on_delete.append(deleted.append)
    topics.create("t", 1).partitions[0].append(a_batch(b"1"))
    topics.delete("t")
    assert deleted == ["t"]
    assert [path.name for path in tmp_path.iterdir()] == ["topics.json"]
    topics.create("t", 1)
    assert values(topics.by_name["t"].partitions[0]) == []
    assert list(Topics(tmp_path).by_name) == ["t"]


def test_a_deletion_that_was_cut_short_is_finished(tmp_path: Path) -> None:
    (tmp_path / "0-0.deleted").mkdir(parents=True)
    Topics(tmp_path)
    assert not (tmp_path / "0-0.deleted").exists()


@pytest.mark.parametrize("version", range(13))
def test_all_topics_or_some_are_described(node: Node, version: int) -> None:
    node.topics.create(OFFSETS, 1)
    everything = node.ask(METADATA, version, topics=[] if version == 0 else None)
    assert [topic["name"] for topic in everything["topics"]] == ["t", OFFSETS]
    assert everything["brokers"][0] | {"rack": None} == {"node_id": 1, "host": "127.0.0.1", "port": 9092, "rack": None}
    [topic] = node.ask(METADATA, version, topics=[{"name": "t"}])["topics"]
    assert [(part["partition_index"], part["leader_id"], part["isr_nodes"]) for part in topic["partitions"]] == [
        (0, 1, [1]),
        (1, 1, [1]),
    ]
    if version:
        assert [topic["is_internal"] for topic in everything["topics"]] == [False, True]
        assert node.ask(METADATA, version, topics=[])["topics"] == []


def test_a_topic_is_described_by_its_id(node: Node) -> None:
    known = node.topics.by_name["t"].id
    topics = node.ask(METADATA, 12, topics=[{"name": None, "topic_id": known}, {"name": None, "topic_id": b"?" * 16}])
    assert [(topic["name"], topic["error_code"]) for topic in topics["topics"]] == [
        ("t", errors.NONE),
        (None, errors.UNKNOWN_TOPIC_ID),
    ]


def test_a_topic_that_is_asked_about_is_not_created(node: Node) -> None:
    asked = [{"name": "new"}, {"name": "no name"}]
    told = node.ask(METADATA, 8, topics=asked, allow_auto_topic_creation=True)["topics"]
    assert [topic["error_code"] for topic in told] == [
        errors.UNKNOWN_TOPIC_OR_PARTITION,
        errors.INVALID_TOPIC_EXCEPTION,
    ]
    assert list(node.topics.by_name) == ["t"]


@pytest.mark.parametrize("version", range(2, 8))
def test_a_topic_is_created_as_it_is_asked_for(node: Node, version: int) -> None:
    configs = [{"name": "retention.ms", "value": "5"}]
    answer = create(node, version, num_partitions=3, configs=configs)
    assert answer["error_code"] == errors.NONE
    topic = node.topics.by_name["new"]
    assert (len(topic.partitions), topic.config) == (3, {"retention.ms": "5"})
    if version >= 5:
        assert (answer["num_partitions"], answer["replication_factor"]) == (3, 1)
        assert {config["name"]: config["value"] for config in answer["configs"]}["retention.ms"] == "5"
    if version >= 7:
        assert answer["topic_id"] == topic.id


def test_a_topic_may_be_created_by_defaults_or_by_an_assignment(node: Node) -> None:
    assert create(node, num_partitions=-1, replication_factor=-1)["num_partitions"] == 1
    assigned = [{"partition_index": number, "broker_ids": [1]} for number in (1, 0)]
    assert create(node, name="two", num_partitions=-1, replication_factor=-1, assignments=assigned)["error_code"] == 0
    assert len(node.topics.by_name["two"].partitions) == 2


@pytest.mark.parametrize(
    ("topic", "error"),
    [
        ({"name": "t"}, errors.TOPIC_ALREADY_EXISTS),
        ({"name": "no name"}, errors.INVALID_TOPIC_EXCEPTION),
        ({"name": ".."}, errors.INVALID_TOPIC_EXCEPTION),
        ({"name": "../t"}, errors.INVALID_TOPIC_EXCEPTION),
        ({"name": ""}, errors.INVALID_TOPIC_EXCEPTION),
        ({"name": "x" * 250}, errors.INVALID_TOPIC_EXCEPTION),
        ({"num_partitions": 0}, errors.INVALID_PARTITIONS),
        ({"num_partitions": -2}, errors.INVALID_PARTITIONS),
        ({"num_partitions": 10**9}, errors.INVALID_PARTITIONS),
        ({"replication_factor": 3}, errors.INVALID_REPLICATION_FACTOR),
        ({"configs": [{"name": "retention.ms", "value": "soon"}]}, errors.INVALID_CONFIG),
        ({"configs": [{"name": "retention.ms", "value": None}]}, errors.INVALID_CONFIG),
        ({"configs": [{"name": "unknown", "value": "1"}]}, errors.INVALID_CONFIG),
        ({"assignments": [{"partition_index": 1, "broker_ids": [1]}]}, errors.INVALID_REPLICA_ASSIGNMENT),
        ({"assignments": [{"partition_index": 0, "broker_ids": [2]}]}, errors.INVALID_REPLICA_ASSIGNMENT),
    ],
)
def test_a_topic_that_cannot_be_is_not_created(node: Node, topic: Message, error: int) -> None:
    answer = create(node, **topic)
    assert answer["error_code"] == error
    assert answer["error_message"]
    assert list(node.topics.by_name) == ["t"]


def test_a_topic_that_is_named_twice_is_created_once(node: Node) -> None:
    asked = {"name": "new", "num_partitions": 1, "replication_factor": 1, "assignments": [], "configs": []}
    answers = node.ask(CREATE_TOPICS, 5, topics=[asked, asked], timeout_ms=1, validate_only=False)["topics"]
    assert [answer["error_code"] for answer in answers] == [errors.NONE, errors.TOPIC_ALREADY_EXISTS]
    assert list(node.topics.by_name) == ["t", "new"]


def test_what_is_only_checked_is_not_done(node: Node) -> None:
    assert create(node, validate=True, num_partitions=7)["num_partitions"] == 7
    assert list(node.topics.by_name) == ["t"]
    asked = [{"name": "t", "count": 3, "assignments": None}]
    answer = node.ask(CREATE_PARTITIONS, 1, topics=asked, timeout_ms=1, validate_only=True)
    assert answer["results"][0]["error_code"] == errors.NONE
    assert len(node.topics.by_name["t"].partitions) == 2


def test_topics_are_deleted_by_name_or_id(node: Node) -> None:
    created = node.topics.create("u", 1).id
    node.topics.create(OFFSETS, 1)
    answer = node.ask(DELETE_TOPICS, 5, topic_names=["t", "x", OFFSETS], timeout_ms=1)["responses"]
    assert [(topic["name"], topic["error_code"]) for topic in answer] == [
        ("t", errors.NONE),
        ("x", errors.UNKNOWN_TOPIC_OR_PARTITION),
        (OFFSETS, errors.INVALID_TOPIC_EXCEPTION),
    ]
    asked = [{"name": None, "topic_id": created}, {"name": None, "topic_id": b"?" * 16}]
    answer = node.ask(DELETE_TOPICS, 6, topics=asked, timeout_ms=1)["responses"]
    assert [(topic["name"], topic["error_code"]) for topic in answer] == [
        ("u", errors.NONE),
        (None, errors.UNKNOWN_TOPIC_ID),
    ]
    assert list(node.topics.by_name) == [OFFSETS]


@pytest.mark.parametrize(
    ("name", "count", "assignments", "error"),
    [
        ("t", 5, None, errors.NONE),
        ("t", 3, [{"broker_ids": [1]}], errors.NONE),
        ("t", 2, None, errors.INVALID_PARTITIONS),
        ("t", 1, None, errors.INVALID_PARTITIONS),
        ("t", 10**9, None, errors.INVALID_PARTITIONS),
        ("t", 4, [{"broker_ids": [1]}], errors.INVALID_REPLICA_ASSIGNMENT),
        ("t", 3, [{"broker_ids": [2]}], errors.INVALID_REPLICA_ASSIGNMENT),
        ("x", 5, None, errors.UNKNOWN_TOPIC_OR_PARTITION),
        (OFFSETS, 5, None, errors.INVALID_TOPIC_EXCEPTION),
    ],
)
def test_a_topic_gets_more_partitions(
    node: Node, name: str, count: int, assignments: list[Message] | None, error: int
) -> None:
    node.topics.create(OFFSETS, 1)
    asked = [{"name": name, "count": count, "assignments": assignments}]
    answer = node.ask(CREATE_PARTITIONS, 3, topics=asked, timeout_ms=1, validate_only=False)["results"][0]
    assert answer["error_code"] == error
    if name == "t":
        assert len(node.topics.by_name["t"].partitions) == (2 if error else count)
