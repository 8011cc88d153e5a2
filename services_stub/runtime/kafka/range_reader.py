"""Reads ranges of topics again, outside any group: nothing is committed."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from services_stub.runtime.errors import Unavailable
from services_stub.runtime.kafka import configuration
from services_stub.runtime.kafka.bounds import Bounds, bounds_of, lost_between
from services_stub.runtime.kafka.records import Place, Record, record_of
from services_stub.runtime.settings import Settings

MOST_BYTES = 32 * 1024 * 1024
"""The size of the values from which on a read takes no further records."""

_POLL = 0.19
_TRANSIENT = (KafkaError._ALL_BROKERS_DOWN, KafkaError._TRANSPORT)


@dataclass
class Read:
    """The records of some ranges: those of a partition in their order, and up to which offset they were read.

    `holes` are the offsets (from, up to but without) at which the log has no records any more. `size` is that of the
    values, in bytes.
    """

    reached: dict[Place, int]
    records: list[Record] = field(default_factory=list)
    holes: list[tuple[Place, int, int]] = field(default_factory=list)
    size: int = 0


class RangeReader:
    """Reads in the thread that calls it."""

    def __init__(self, settings: Settings) -> None:
        config = configuration.of_consumer(settings) | {
            "group.id": f"{settings.service}-range",
            "enable.partition.eof": True,
            "queued.min.messages": 500,
        }
        self._consumer: Any = Consumer(config)

    def bounds(self, topics: Iterable[str]) -> Bounds:
        """The bounds of all partitions of `topics`.

        Raises:
            Unavailable: the broker does not answer, or a topic is missing.
        """
        return bounds_of(self._consumer, topics)

    def read(self, ranges: Mapping[Place, tuple[int, int]], most: int, timeout: float) -> Read:
        """About `most` records of `ranges` or `MOST_BYTES`, each from its first offset up to but without its second.

        Raises:
            Unavailable: the broker sends nothing for `timeout` seconds.
        """
        found = Read({place: first for place, (first, _) in ranges.items()})
        ends = {place: end for place, (first, end) in ranges.items() if first < end}
        try:
            self._consumer.assign([TopicPartition(*place, found.reached[place]) for place in ends])
            heard = time.monotonic()
            while ends and len(found.records) < most and found.size < MOST_BYTES:
                first = self._consumer.poll(_POLL)
                if first is not None:
                    heard = time.monotonic()
                    for message in (first, *self._consumer.consume(most, 0)):
                        self._take(message, found, ends)
                elif time.monotonic() - heard > timeout:
                    raise Unavailable("Kafka: the broker does not send the records that were asked for")
            self._consumer.unassign()
        except KafkaException as error:
            raise Unavailable(f"Kafka: {error.args[0]}") from error
        return found

    def close(self) -> None:
        """Let go."""
        self._consumer.close()

    def _take(self, message: Any, found: Read, ends: dict[Place, int]) -> None:
        place = message.topic(), message.partition()
        error = message.error()
        if error is not None and error.code() != KafkaError._PARTITION_EOF:
            if error.code() not in _TRANSIENT and not error.retriable():
                raise Unavailable(f"Kafka: {error}")
            return
        if place not in ends:
            return
        reached, end = found.reached[place], ends[place]
        offset = min(message.offset(), end)
        if offset < reached or (error is not None and offset < end):  # another log, or one that ends earlier by now
            found.holes.append((place, reached, end))
            offset = end
        elif lost := lost_between(self._consumer, place, reached, offset):
            found.holes.append((place, reached, reached + lost))
        found.reached[place] = offset
        if error is None and message.offset() == offset < end:
            found.records.append(record_of(message))
            found.size += len(message)
            found.reached[place] = offset + 1
        if found.reached[place] >= end:
            del ends[place]
