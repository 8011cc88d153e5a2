"""Reads topics from the beginning to where they ended when it began, outside any group: nothing is committed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from confluent_kafka import Consumer, KafkaError, TopicPartition

from services_stub.runtime.errors import Unavailable
from services_stub.runtime.kafka import configuration
from services_stub.runtime.kafka.bounds import bounds_of, lost_between
from services_stub.runtime.kafka.records import Record, record_of
from services_stub.runtime.settings import Settings

_TRANSIENT = (KafkaError._ALL_BROKERS_DOWN, KafkaError._TRANSPORT)


class LogReader:
    """The records of topics, once. `dropped` counts those that the log no longer held, `total` those that it held.

    Raises:
        Unavailable: the broker does not answer, or a topic is missing.
    """

    def __init__(self, settings: Settings, topics: Sequence[str]) -> None:
        config = configuration.of_consumer(settings)
        # The end of a partition is told, because its last offsets may belong to no record.
        config |= {"group.id": f"{settings.service}-log", "enable.partition.eof": True}
        self._consumer: Any = Consumer(config)
        self._next: dict[tuple[str, int], int] = {}
        self._ends: dict[tuple[str, int], int] = {}
        self.dropped = self.total = 0
        try:
            for place, (first, end) in bounds_of(self._consumer, topics).items():
                self.dropped += first
                if first < end:
                    self.total += end - first
                    self._next[place], self._ends[place] = first, end
            self._consumer.assign([TopicPartition(*place, first) for place, first in self._next.items()])
        except BaseException:
            self._consumer.close()
            raise

    @property
    def finished(self) -> bool:
        """Whether every partition was read to its end."""
        return not self._ends

    def read(self, most: int, timeout: float) -> list[Record]:
        """Up to `most` records; none where `timeout` seconds bring none.

        Raises:
            Unavailable: the broker answered with an error that is not healed by reading on.
        """
        records: list[Record] = []
        first = self._consumer.poll(timeout)
        for message in [] if first is None else [first, *self._consumer.consume(most - 1, 0)]:
            error = message.error()
            if error is None:
                self._pass(record_of(message), records)
            elif error.code() == KafkaError._PARTITION_EOF:
                self._ends.pop((message.topic(), message.partition()), None)
            elif error.code() not in _TRANSIENT and not error.retriable():
                raise Unavailable(f"Kafka: {error}")
        return records

    def close(self) -> None:
        """Let go."""
        self._consumer.close()

    def _pass(self, record: Record, records: list[Record]) -> None:
        place = (record.topic, record.partition)
        end = self._ends.get(place)
        if end is None:
            return
        self.dropped += lost_between(self._consumer, place, self._next[place], min(record.offset, end))
        self._next[place] = record.offset + 1
        if record.offset < end:
            records.append(record)
        if record.offset + 1 >= end:
            del self._ends[place]
