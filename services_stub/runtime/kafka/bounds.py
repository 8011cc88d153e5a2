"""The first and last offsets of partitions, as the broker says them, and what is missing in between."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

from confluent_kafka import KafkaException, TopicPartition

from services_stub.runtime.errors import Unavailable
from services_stub.runtime.kafka.records import Place, Record

_ANSWER_SECONDS = 5.0

Bounds = dict[Place, tuple[int, int]]
"""Of each partition the first offset that the log has, and the one behind its last record."""


def bounds_of(consumer: Any, topics: Iterable[str]) -> Bounds:
    """The bounds of all partitions of `topics`.

    Raises:
        Unavailable: the broker does not answer, or a topic is missing.
    """
    ask = partial(consumer.get_watermark_offsets, timeout=_ANSWER_SECONDS)
    try:
        found = consumer.list_topics(timeout=_ANSWER_SECONDS).topics
        places = [(topic, number) for topic in topics for number in found[topic].partitions]
        return {place: ask(TopicPartition(*place)) for place in places}
    except (KafkaException, KeyError) as error:
        raise Unavailable(f"Kafka: {error}") from error


def lost_between(consumer: Any, place: Place, expected: int, found: int) -> int:
    """How many records were lost where `found` was read instead of the offset `expected`.

    Those below the start of the log: other offsets without a record are markers of transactions, or were compacted.
    Where the broker does not answer, all count as lost.
    """
    if found <= expected:
        return 0
    try:
        first, _ = consumer.get_watermark_offsets(TopicPartition(*place), timeout=_ANSWER_SECONDS)
    except KafkaException:
        first = found
    return max(0, min(int(first), found) - expected)


def gap_before(consumer: Any, following: dict[Place, int], record: Record) -> tuple[int, int] | None:
    """The offsets (from, up to but without) that were lost before `record`; afterwards `following` is behind it."""
    place = record.topic, record.partition
    expected, following[place] = following.get(place, record.offset), record.offset + 1
    if record.offset < expected:  # a log that ends before what was read of it, and is read from its beginning
        return record.offset, expected
    lost = lost_between(consumer, place, expected, record.offset)
    return (expected, expected + lost) if lost else None
