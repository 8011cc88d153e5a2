"""The broker as a whole with real clients, in a thread of the test's process."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

from tests.raw_kafka import BrokerInThread
from tests.waiting import wait_for


@pytest.fixture
def kafka() -> Iterator[BrokerInThread]:
    broker = BrokerInThread(["t", "u"])
    yield broker
    broker.close()


def test_records_that_are_held_are_read_one_after_the_other_as_they_are_released(kafka: BrokerInThread) -> None:
    address = {"bootstrap.servers": f"127.0.0.1:{kafka.port}"}
    consumer: Any = Consumer(address | {"group.id": "g"})
    consumer.assign([TopicPartition("t", 0, 0)])
    producer = Producer(address)
    kafka.call(lambda broker: broker.topics.by_name["t"].partitions[0].hold())
    for value in (b"1", b"2", b"3"):
        producer.produce("t", value)
        assert producer.flush(10) == 0
    assert consumer.poll(0.2) is None
    kafka.call(lambda broker: broker.topics.by_name["t"].partitions[0].release())
    assert wait_for(lambda: consumer.poll(0.1)).value() == b"1"
    assert consumer.get_watermark_offsets(TopicPartition("t", 0), timeout=10) == (0, 1)
    kafka.call(lambda broker: broker.topics.by_name["t"].partitions[0].release_all())
    assert [wait_for(lambda: consumer.poll(0.1)).value() for _ in range(2)] == [b"2", b"3"]
    consumer.close()


def test_a_topic_that_is_there_gets_the_partitions_that_it_lacks_and_keeps_those_it_has(kafka: BrokerInThread) -> None:
    for wanted, found in ((3, 3), (2, 3)):
        kafka.create_topic("t", wanted)
        assert kafka.call(lambda broker: len(broker.topics.by_name["t"].partitions)) == found
