"""Reads topics as a stranger would: every record from the beginning, and puts records of its own there."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, Producer, TopicPartition


@dataclass(frozen=True)
class Entry:
    """One record of the log; `timestamp` is in milliseconds of Unix time."""

    topic: str
    partition: int
    offset: int
    key: str
    headers: dict[str, str]
    raw: bytes
    timestamp: int

    @property
    def value(self) -> Any:
        """The value as JSON, amounts as floats."""
        return json.loads(self.raw)


def read_topics(bootstrap_servers: str, *topics: str) -> list[Entry]:
    """Everything that lies in the topics now, partition by partition."""
    consumer: Any = Consumer(
        {
            "bootstrap.servers": bootstrap_servers,
            "group.id": "test-reader",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "fetch.wait.max.ms": 5,
        }
    )
    metadata = consumer.list_topics(timeout=10)
    partitions = [TopicPartition(t, n, OFFSET_BEGINNING) for t in topics for n in metadata.topics[t].partitions]
    consumer.assign(partitions)
    entries: list[Entry] = []
    open_partitions = len(partitions)
    while open_partitions:
        message = consumer.poll(0.1)
        if message is None:
            continue
        error = message.error()
        if error is None:
            entries.append(_entry(message))
        else:
            assert error.code() == KafkaError._PARTITION_EOF, error
            open_partitions -= 1
    consumer.close()
    return entries


def produce(bootstrap_servers: str, topic: str, key: str, value: bytes | None, headers: dict[str, str]) -> None:
    """Put a record into a topic and wait until the broker has it."""
    producer = Producer({"bootstrap.servers": bootstrap_servers, "partitioner": "murmur2_random"})
    pairs: list[Any] = [(name, text.encode()) for name, text in headers.items()]
    producer.produce(topic, value, key, headers=pairs)
    assert producer.flush(10) == 0


def once(entries: list[Entry], matches: Callable[[Entry], bool] = lambda _entry: True) -> list[Entry]:
    """The matching entries with each event once: after a crash an event may be sent again, under the same id."""
    return list({entry.headers["ce_id"]: entry for entry in entries if matches(entry)}.values())


def _entry(message: Any) -> Entry:
    return Entry(
        message.topic(),
        message.partition(),
        message.offset(),
        (message.key() or b"").decode(errors="replace"),
        {name: (value or b"").decode(errors="replace") for name, value in message.headers() or []},
        message.value() or b"",
        message.timestamp()[1],
    )
