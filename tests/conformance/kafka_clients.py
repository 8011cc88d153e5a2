"""Real clients of a broker, and the records that they write and read."""

from __future__ import annotations

import itertools
from functools import cache
from typing import Any

from confluent_kafka import Consumer, KafkaError, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from tests.conformance.kafkas import Kafka
from tests.waiting import wait_for

SECONDS = 30.0
_names = (f"topic-{number}" for number in itertools.count())


def settings(kafka: Kafka, **more: Any) -> dict[str, Any]:
    quiet = {"log_level": 0, "reconnect.backoff.ms": 20, "reconnect.backoff.max.ms": 100}
    named = {name.replace("_", "."): value for name, value in more.items()}
    return {"bootstrap.servers": kafka.address, "allow.auto.create.topics": False, **quiet, **named}


@cache
def admin(kafka: Kafka) -> AdminClient:
    return AdminClient(settings(kafka))


def done(futures: dict[Any, Any]) -> Any:
    (future,) = futures.values()
    return future.result(SECONDS)


def new_topic(kafka: Kafka, partitions: int = 1, **config: str) -> str:
    name = next(_names)
    named = {key.replace("_", "."): value for key, value in config.items()}
    done(admin(kafka).create_topics([NewTopic(name, partitions, config=named)]))
    # Apache Kafka's node hears of a topic a moment after its controller has made it.
    wait_for(lambda: name in admin(kafka).list_topics(timeout=SECONDS).topics, seconds=SECONDS, what="the topic")
    return name


def produce(kafka: Kafka, topic: str, *values: bytes, partition: int = 0, **more: Any) -> list[int]:
    """Records of a producer of the marketplace's kind; their offsets."""
    offsets: list[int] = []

    def delivered(error: KafkaError | None, message: Message) -> None:
        assert error is None, error
        offsets.append(message.offset() or 0)

    producer = Producer(settings(kafka, enable_idempotence=True, acks="all", linger_ms=1, **more))
    for value in values:
        producer.produce(topic, value, b"key", partition, on_delivery=delivered)
    assert producer.flush(SECONDS) == 0
    return offsets


def consumer_of(kafka: Kafka, group: str = "reader", **more: Any) -> Any:
    reset = {"auto_offset_reset": "earliest", "enable_auto_commit": False}
    return Consumer(settings(kafka, group_id=group, **{**reset, **more}))


def read(consumer: Any, count: int) -> list[Message]:
    found: list[Message] = []

    def enough() -> bool:
        for message in consumer.consume(count - len(found), 0.1):
            assert message.error() is None, message.error()
            found.append(message)
        return len(found) >= count

    wait_for(enough, seconds=SECONDS, what=f"{count} records")
    return found


def values_from(kafka: Kafka, topic: str, offset: int, count: int, partition: int = 0) -> list[bytes | None]:
    consumer = consumer_of(kafka)
    consumer.assign([TopicPartition(topic, partition, offset)])
    try:
        return [message.value() for message in read(consumer, count)]
    finally:
        consumer.close()
