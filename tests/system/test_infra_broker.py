"""The embedded broker through real clients: its topics, its port, and the faults it has on request."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from services_stub.client.control import NotPossible, UnknownTarget
from services_stub.contracts.control import KillBroker, ReleaseRecords, RestartBroker, StartBroker, StopBroker
from services_stub.contracts.control_faults import (
    HeldRecords,
    LostAnswers,
    RequestErrors,
    RequestFault,
    SlowRequests,
    TimedOutRequests,
)
from services_stub.contracts.topics import ALL_TOPICS
from services_stub.runtime.kafka.admin import ClusterIdentity
from tests.system.infra_run import Run, kill, run
from tests.waiting import wait_for

TOPIC = "order-created"


@pytest.fixture(scope="module")
def marketplace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    with run(tmp_path_factory.mktemp("broker")) as started:
        yield started.ready()


def settings(marketplace: Run, **more: Any) -> dict[str, Any]:
    quiet = {"log_level": 0, "reconnect.backoff.ms": 20, "reconnect.backoff.max.ms": 100}
    return {"bootstrap.servers": marketplace.state().kafka.bootstrap_servers, **quiet, **more}


def produce(marketplace: Run, value: bytes, **more: Any) -> int:
    """The offset that a record got in partition 0."""
    offsets: list[int | None] = []

    def delivered(error: KafkaError | None, message: Message) -> None:
        assert error is None
        offsets.append(message.offset())

    producer = Producer(settings(marketplace, **more))
    producer.produce(TOPIC, value, partition=0, on_delivery=delivered)
    assert producer.flush(10) == 0
    assert offsets[0] is not None
    return offsets[0]


def read(marketplace: Run, offset: int) -> bytes | None:
    consumer: Any = Consumer(settings(marketplace, **{"group.id": "reader", "enable.auto.commit": False}))
    try:
        consumer.assign([TopicPartition(TOPIC, 0, offset)])
        message = wait_for(lambda: consumer.poll(0.1), seconds=10, what="a record")
        assert message.error() is None
        value: bytes | None = message.value()
        return value
    finally:
        consumer.close()


def cluster(marketplace: Run, seconds: float = 5.0) -> Any:
    return AdminClient(settings(marketplace)).list_topics(timeout=seconds)


def test_every_topic_is_there_with_its_partitions(marketplace: Run) -> None:
    topics = cluster(marketplace).topics
    found = {name: len(topic.partitions) for name, topic in topics.items() if not name.startswith("__")}
    assert found == {topic.name: topic.partitions for topic in ALL_TOPICS}


def test_a_killed_broker_comes_back_with_its_records_and_its_identity(marketplace: Run) -> None:
    first = produce(marketplace, b"one")
    assert produce(marketplace, b"two") == first + 1
    identity = ClusterIdentity(marketplace.state().kafka.bootstrap_servers, {})
    before = identity.read(5.0)
    assert before not in (None, "")
    kill(marketplace.pid("kafka"))
    producer = Producer(settings(marketplace, **{"client.id": "retrying"}))
    producer.produce(TOPIC, b"three", partition=0)
    assert producer.flush(10) == 0
    assert [read(marketplace, first + number) for number in range(3)] == [b"one", b"two", b"three"]
    assert identity.read(5.0) == before


def test_a_stopped_broker_keeps_its_records(marketplace: Run) -> None:
    kept = produce(marketplace, b"kept")
    marketplace.control.act(StopBroker())
    with pytest.raises(KafkaException):
        cluster(marketplace, 0.5)
    for _ in range(2):  # the second changes nothing
        marketplace.control.act(StartBroker())
    assert read(marketplace, kept) == b"kept"
    assert produce(marketplace, b"more") == kept + 1


@pytest.mark.slow
def test_clients_that_are_connected_are_cut_off_by_a_stop_and_come_back_by_themselves(marketplace: Run) -> None:
    producer = Producer(settings(marketplace))
    producer.produce(TOPIC, b"before", partition=0)
    assert producer.flush(5) == 0
    for _ in range(3):
        marketplace.control.act(StopBroker())
        producer.produce(TOPIC, b"meanwhile", partition=0)
        assert producer.flush(0.3) == 1
        marketplace.control.act(StartBroker())
        assert producer.flush(5) == 0


def test_a_slow_broker_holds_its_answers_back(marketplace: Run) -> None:
    admin = AdminClient(settings(marketplace))
    admin.list_topics(timeout=5)
    fault = marketplace.control.apply(SlowRequests(milliseconds=300))
    started = time.monotonic()
    admin.list_topics(timeout=5)
    assert time.monotonic() - started >= 0.3
    marketplace.control.clear(fault.id)
    wait_for(lambda: seconds_of_a_request(marketplace) < 0.3, seconds=10, what="a quick answer")


@pytest.mark.slow
def test_a_fault_lasts_until_it_is_cleared_also_when_the_broker_is_killed(marketplace: Run) -> None:
    marketplace.control.apply(SlowRequests(milliseconds=5))
    fault = marketplace.control.apply(SlowRequests(milliseconds=300))
    pid = marketplace.pid("kafka")
    marketplace.control.act(KillBroker())
    wait_for(lambda: marketplace.pid("kafka") not in (0, pid), what="a new broker")
    assert [one.fault for one in marketplace.control.faults()] == [fault.fault]
    wait_for(lambda: seconds_of_a_request(marketplace) >= 0.3, seconds=10, what="a slow answer")
    marketplace.control.clear(fault.id)
    assert marketplace.control.faults() == []
    wait_for(lambda: seconds_of_a_request(marketplace) < 0.3, seconds=10, what="a quick answer")
    with pytest.raises(UnknownTarget):
        marketplace.control.clear(fault.id)


def seconds_of_a_request(marketplace: Run) -> float:
    admin = AdminClient(settings(marketplace))
    admin.list_topics(timeout=10)
    started = time.monotonic()
    admin.list_topics(timeout=10)
    return time.monotonic() - started


def test_a_broker_told_to_fail_answers_with_errors(marketplace: Run) -> None:
    produce(marketplace, b"x")
    error = KafkaError.TOPIC_AUTHORIZATION_FAILED
    fault = marketplace.control.apply(RequestErrors(api_key=0, error=error, count=1))
    errors: list[KafkaError | None] = []
    producer = Producer(settings(marketplace))
    producer.produce(TOPIC, b"y", partition=0, on_delivery=lambda error, _: errors.append(error))
    producer.flush(5)
    assert errors[0] is not None
    assert errors[0].code() == error
    marketplace.control.clear(fault.id)


def test_a_record_whose_answer_is_lost_or_timed_out_is_written_once(marketplace: Run) -> None:
    """The producer sends again, and is told the offset that the record already has."""
    last = produce(marketplace, b"before")
    faults: list[RequestFault] = [
        TimedOutRequests(api_key=0, topic=TOPIC, partition=0, count=1),
        LostAnswers(api_key=0, topic=TOPIC, partition=0, count=1),
    ]
    for number, asked in enumerate(faults, start=1):
        fault = marketplace.control.apply(asked)
        assert fault.hits is None
        assert produce(marketplace, b"once", **{"enable.idempotence": True}) == last + number
        assert [(one.id, one.hits) for one in marketplace.control.faults()] == [(fault.id, 1)]
        marketplace.control.clear(fault.id)
    assert produce(marketplace, b"after") == last + 3


def test_held_records_are_seen_when_they_are_released(marketplace: Run) -> None:
    def end() -> int:
        return int(consumer.get_watermark_offsets(TopicPartition(TOPIC, 0), timeout=5)[1])

    consumer: Any = Consumer(settings(marketplace, **{"group.id": "reader"}))
    try:
        fault = marketplace.control.apply(HeldRecords(topic=TOPIC))
        first = produce(marketplace, b"one")
        for value in (b"two", b"three"):
            produce(marketplace, value)
        assert end() == first
        marketplace.control.act(ReleaseRecords(topic=TOPIC, partition=0))
        assert end() == first + 1
        marketplace.control.clear(fault.id)
        assert end() == first + 3
    finally:
        consumer.close()
    with pytest.raises(NotPossible, match="no records of order-created are held"):
        marketplace.control.act(ReleaseRecords(topic=TOPIC))
    with pytest.raises(NotPossible, match="no such topic"):
        marketplace.control.apply(HeldRecords(topic="there-is-none"))


def test_a_restarted_broker_is_on_the_same_address(marketplace: Run) -> None:
    pid, last = marketplace.pid("kafka"), produce(marketplace, b"y")
    marketplace.control.act(RestartBroker())
    wait_for(lambda: marketplace.pid("kafka") not in (0, pid), what="a new broker")
    assert produce(marketplace, b"z") == last + 1


def committed(marketplace: Run, offset: int = -1) -> int:
    """The offset of a group, committed first where one is given."""
    consumer: Any = Consumer(settings(marketplace, **{"group.id": "kept", "enable.auto.commit": False}))
    try:
        if offset >= 0:
            consumer.commit(offsets=[TopicPartition(TOPIC, 1, offset)], asynchronous=False)
        (found,) = consumer.committed([TopicPartition(TOPIC, 1)], timeout=10)
        return int(found.offset)
    finally:
        consumer.close()


def test_what_was_down_comes_up_with_its_records_and_offsets_and_fresh_without_them(tmp_path: Path) -> None:
    with run(tmp_path) as first:
        first.ready()
        admin = AdminClient(settings(first))
        admin.create_topics([NewTopic("own", 1)])["own"].result(10)
        assert (produce(first, b"kept"), committed(first, 5)) == (0, 5)
        identity = cluster(first).cluster_id
        first.end()
    with run(tmp_path) as second:
        second.ready()
        assert (read(second, 0), committed(second)) == (b"kept", 5)
        assert (cluster(second).cluster_id, "own" in cluster(second).topics) == (identity, True)
        second.end()
    with run(tmp_path, fresh=True) as third:
        third.ready()
        assert (produce(third, b"new"), committed(third)) == (0, -1001)
        assert cluster(third).cluster_id != identity
        assert "own" not in cluster(third).topics
