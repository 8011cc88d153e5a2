"""Groups whose broker is killed: on both brokers, their members go on where they were."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from tests.conformance.kafka_clients import SECONDS, consumer_of, new_topic, produce, read, settings
from tests.conformance.kafkas import BROKERS, Kafka, begin_kafka
from tests.waiting import wait_for

pytestmark = pytest.mark.timeout(240)


@pytest.fixture(autouse=True)
def each_database() -> None:
    """These tests have none."""


@pytest.fixture(params=BROKERS)
def kafka(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Kafka]:
    """A broker for each test: it is killed."""
    with begin_kafka(request.param, tmp_path) as running:
        yield running


def members_of(kafka: Kafka, group: str) -> list[str]:
    """The ids of a group's members; Apache Kafka does not tell them while it loads its groups."""
    client = AdminClient(settings(kafka))
    found: list[list[str]] = []

    def described() -> bool:
        with contextlib.suppress(KafkaException, TimeoutError):
            future = client.describe_consumer_groups([group])[group]
            found.append([member.member_id for member in future.result(5).members])
        return bool(found)

    wait_for(described, seconds=SECONDS, what="the members")
    return found[0]


@pytest.mark.parametrize("instance", [None, "one"])
def test_a_member_goes_on_in_its_group_without_a_rebalance(kafka: Kafka, instance: str | None) -> None:
    topic = new_topic(kafka)
    assigned: list[int] = []
    static = {"group_instance_id": instance} if instance else {}
    consumer = consumer_of(kafka, "group", heartbeat_interval_ms=200, session_timeout_ms=10_000, **static)
    consumer.subscribe([topic], on_assign=lambda _, partitions: assigned.append(len(partitions)))
    produce(kafka, topic, b"before")
    (message,) = read(consumer, 1)
    consumer.commit(message, asynchronous=False)
    members = members_of(kafka, "group")
    kafka.kill()
    kafka.start()
    produce(kafka, topic, b"after")
    (message,) = read(consumer, 1)
    assert message.value() == b"after"
    consumer.commit(message, asynchronous=False)
    assert members_of(kafka, "group") == members
    assert assigned == [1]
    consumer.close()
    if instance is None:
        wait_for(lambda: members_of(kafka, "group") == [], seconds=SECONDS, what="an empty group")
