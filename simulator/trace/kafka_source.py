"""Reads records from Kafka for the trace: all partitions of some topics, from given offsets, in no consumer group.

The one place outside the services where confluent_kafka is imported. Synchronous: callers use a thread.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from operator import methodcaller
from types import TracebackType
from typing import Any, Self

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaException, Message, TopicPartition

from simulator.trace.records import TracedRecord

Offsets = Mapping[tuple[str, int], int]
"""Where to begin, by topic and partition; a partition that is not named is read from its beginning."""

_BATCH = 500
_POLL_SECONDS = 0.1
"""`poll` blocks for all of a longer time."""

_METADATA_SECONDS = 5.0

# As in the services' runtime: a call from bytecode would hand out null pointers for a name that is not UTF-8.
_headers_of = methodcaller("headers")


class SourceUnavailable(Exception):
    """Kafka cannot be read from; the message says why."""


class KafkaSource:
    """A reader of whole topics. Use it as a context manager, or call `close`.

    `skipped` counts the records whose headers cannot be read: they belong to no flow.
    """

    def __init__(
        self,
        bootstrap_servers: str,
        topics: Iterable[str],
        *,
        offsets: Offsets | None = None,
        config: Mapping[str, str] | None = None,
    ) -> None:
        """Topics that do not exist are left out. `config` are further librdkafka properties, for example credentials.

        Raises:
            SourceUnavailable: no broker answers.

        """
        self.skipped = 0
        self._consumer: Any = Consumer(
            {
                "group.id": "marketplace-trace",  # demanded by the library; neither joined nor committed to
                "enable.auto.commit": False,
                "auto.offset.reset": "earliest",
                "fetch.wait.max.ms": 20,
                "log_level": 0,  # what matters is raised; the rest would be written between the lines of a screen
                **(config or {}),
                "bootstrap.servers": bootstrap_servers,
            }
        )
        try:
            self._partitions = self._existing(set(topics))
        except SourceUnavailable:
            self._consumer.close()
            raise
        begin = offsets or {}
        self._consumer.assign(
            [
                TopicPartition(topic, number, begin.get((topic, number), OFFSET_BEGINNING))
                for topic, number in self._partitions
            ]
        )

    def ends(self) -> dict[tuple[str, int], int]:
        """The offsets that the next records will get, to begin a later reading there."""
        found: dict[tuple[str, int], int] = {}
        for topic, number in self._partitions:
            try:
                _, end = self._consumer.get_watermark_offsets(TopicPartition(topic, number), timeout=_METADATA_SECONDS)
            except KafkaException as error:
                raise SourceUnavailable(f"Kafka does not say where {topic}[{number}] ends: {error}") from error
            found[topic, number] = end
        return found

    def step(self) -> list[TracedRecord]:
        """The records that are there now, after a short wait; empty where none came."""
        first = self._consumer.poll(_POLL_SECONDS)
        if first is None:
            return []
        messages = [first, *self._consumer.consume(_BATCH, 0)]
        return [record for message in messages if (record := self._record(message)) is not None]

    def follow(self, *, quiet: float, deadline: float, enough: Callable[[], bool]) -> Iterator[TracedRecord]:
        """Records until there is enough and nothing came for `quiet` seconds, at most for `deadline` seconds."""
        now = time.monotonic()
        end, last = now + deadline, now
        while now < end and not (enough() and now - last > quiet):
            records = self.step()
            yield from records
            now = time.monotonic()
            last = now if records else last

    def close(self) -> None:
        """Let go of the connections."""
        self._consumer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _record(self, message: Message) -> TracedRecord | None:
        try:
            return _record(message)
        except (UnicodeDecodeError, SystemError):  # the name of a header; the interpreter may wrap the error
            self.skipped += 1
            return None

    def _existing(self, topics: set[str]) -> list[tuple[str, int]]:
        try:
            metadata = self._consumer.list_topics(timeout=_METADATA_SECONDS)
        except KafkaException as error:
            raise SourceUnavailable(f"Kafka does not answer: {error}") from error
        return [
            (name, number)
            for name in sorted(topics & metadata.topics.keys())
            for number in sorted(metadata.topics[name].partitions)
        ]


def _record(message: Message) -> TracedRecord | None:
    if message.error() is not None:
        return None  # the library heals what can be healed; what cannot shows as records that do not come
    topic, partition, offset = message.topic(), message.partition(), message.offset()
    if topic is None or partition is None or offset is None:
        return None
    headers: Any = _headers_of(message) or []
    value: Any = message.value()
    _, written_at = message.timestamp()
    return TracedRecord(
        topic=topic,
        partition=partition,
        offset=offset,
        written_at=written_at * 1000,
        headers=tuple(headers),
        value=value,
    )
