"""How our consumers fetch, with each broker: little in advance, and together what may wait for others."""

from __future__ import annotations

import random

import msgspec
import pytest
from confluent_kafka import Consumer, TopicPartition

from services_stub.runtime.kafka import configuration
from services_stub.runtime.settings import Settings
from tests.conformance.kafka_clients import SECONDS, new_topic, produce
from tests.conformance.kafkas import Kafka
from tests.waiting import wait_for

pytestmark = pytest.mark.timeout(240)


@pytest.fixture(autouse=True)
def each_database() -> None:
    """These tests have none."""


def settings_of(kafka: Kafka) -> Settings:
    """Those of a service."""
    address = kafka.address
    return Settings(service="reader", instance="", port=0, bootstrap_servers=address, data_dir="", internal_token="")


def test_a_consumer_that_is_behind_fetches_little_in_advance(kafka: Kafka) -> None:
    """Or the memory of a service would grow with its lag: a response comes whole, and is unpacked at once."""
    topic, partitions, value = new_topic(kafka, 16), range(16), bytes(10_000)
    for partition in partitions:
        produce(kafka, topic, *[value] * 200, partition=partition)
    held: list[int] = []

    def told(statistics: str) -> None:
        of_topic = msgspec.json.decode(statistics)["topics"].get(topic, {"partitions": {}})
        # One queue holds the records of all partitions, and is told for each.
        held.append(max((partition["fetchq_size"] for partition in of_topic["partitions"].values()), default=0))

    config = configuration.of_consumer(settings_of(kafka))
    consumer = Consumer(config | {"statistics.interval.ms": 50, "stats_cb": told})
    consumer.assign([TopicPartition(topic, partition, 0) for partition in partitions])
    wait_for(lambda: bool(consumer.poll(0.02)) and len(held) > 20, seconds=SECONDS, what="its figures")
    consumer.close()
    assert 0 < max(held) < 5 << 20, held


def test_a_consumer_that_lingers_gets_records_together_and_as_soon_as_there_are_many(kafka: Kafka) -> None:
    topic = new_topic(kafka)
    consumer = Consumer(configuration.of_consumer(settings_of(kafka), 1.0) | {"fetch.wait.max.ms": 20_000})
    consumer.assign([TopicPartition(topic, 0, 0)])
    assert consumer.poll(0.3) is None
    produce(kafka, topic, b"1")
    assert consumer.poll(0.3) is None
    produce(kafka, topic, *[random.randbytes(100_000)] * 3)
    assert len(consumer.consume(4, SECONDS)) == 4
    consumer.close()
    consumer = Consumer(configuration.of_consumer(settings_of(kafka), 0.5))
    consumer.assign([TopicPartition(topic, 0, 4)])
    assert consumer.poll(0.1) is None
    produce(kafka, topic, b"2")
    assert consumer.poll(SECONDS) is not None
    consumer.close()
