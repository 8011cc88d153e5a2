"""Kafka for the trace: reads all partitions of some topics, from given offsets, in no group, and writes records back.

The one place outside the services where confluent_kafka is imported. Synchronous: callers use a thread.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from operator import methodcaller
from typing import Any, Self

from confluent_kafka import OFFSET_BEGINNING, OFFSET_END, Consumer, KafkaError, KafkaException, Producer, TopicPartition

from simulator.trace.begin import BEGINNING, Begin
from simulator.trace.events import bounded_time
from simulator.trace.records import Headers, Place, TracedRecord

Partition = tuple[str, int]

Offsets = Mapping[Partition, int]
"""Where to begin, by topic and partition; a partition that is not named is read from where the others begin."""

_BATCH = 32
"""Records are taken in few at a time: what is made of a thousand of them does not fit the caches of a processor."""

_POLL_SECONDS = 0.1
"""`poll` blocks for all of a longer time."""

_METADATA_SECONDS = 5.0
_SILENCE_SECONDS = 15.0
"""So long nothing comes, neither a record nor the end of a partition, only where a broker is away."""

# As in the services' runtime: a call from bytecode would hand out null pointers for a name that is not UTF-8.
_headers_of = methodcaller("headers")


class SourceUnavailable(Exception):
    """Kafka cannot be read from; the message says why."""


class KafkaSource:
    """A reader of whole topics. Use it as a context manager, or call `close`.

    A record whose headers cannot be read comes without any. `met` are the ends of partitions that were met
    since it was emptied.
    """

    def __init__(
        self,
        bootstrap_servers: str,
        topics: Iterable[str] | None,
        *,
        begin: Begin = BEGINNING,
        offsets: Offsets | None = None,
        config: Mapping[str, str] | None = None,
    ) -> None:
        """Topics that do not exist are left out; None are all that there are now.

        `config` are further librdkafka properties, for example credentials.

        Raises:
            SourceUnavailable: no broker answers, or a property is none.
        """
        self._not_before = 0
        """Older records are passed over, in microseconds of Unix time, where the broker cannot seek by time."""
        self.met: dict[Partition, int] = {}
        self._open: set[Partition] = set()
        """The partitions whose end was not reached yet."""
        self._consumer = _consumer("marketplace-trace", bootstrap_servers, config)
        try:
            self._partitions = self._existing(None if topics is None else set(topics))
            self._consumer.assign(self._assignment(begin, offsets or {}))
        except (KafkaException, SourceUnavailable) as error:
            self._consumer.close()
            raise SourceUnavailable(f"Kafka does not answer: {error}") from error
        self._open.update(self._partitions)

    @property
    def topics(self) -> list[str]:
        """The topics that are read."""
        return sorted({topic for topic, _ in self._partitions})

    def ends(self) -> dict[Partition, int]:
        """The offsets that the next records will get, to begin a later reading there."""
        return {place: end for place, (_, end) in self.watermarks(self._partitions).items()}

    def watermarks(self, partitions: Iterable[Partition]) -> dict[Partition, tuple[int, int]]:
        """The first offset that is there and the one that the next record will get, of each partition."""
        found: dict[Partition, tuple[int, int]] = {}
        for topic, number in partitions:
            try:
                found[topic, number] = self._consumer.get_watermark_offsets(
                    TopicPartition(topic, number), timeout=_METADATA_SECONDS
                )
            except KafkaException as error:
                raise SourceUnavailable(f"Kafka does not say where {topic}[{number}] ends: {error}") from error
        return found

    def step(self) -> list[TracedRecord]:
        """The records that are there now, after a short wait; empty where none came."""
        first = self._consumer.poll(_POLL_SECONDS)
        if first is None:
            return []
        found = map(self._record, (first, *self._consumer.consume(_BATCH, 0)))
        return [record for record in found if record is not None]

    def until_end(self) -> Iterator[list[TracedRecord]]:
        """Batches of records until the end of every partition was met once.

        Raises:
            SourceUnavailable: nothing comes any more, although there is more.
        """
        last = time.monotonic()
        while self._open:
            before = len(self._open)
            records = self.step()
            yield records
            if records or len(self._open) < before:
                last = time.monotonic()
            elif time.monotonic() - last > _SILENCE_SECONDS:
                left = ", ".join(f"{topic}[{number}]" for topic, number in sorted(self._open)[:3])
                raise SourceUnavailable(f"Kafka has not sent anything of {left} for {_SILENCE_SECONDS:.0f} s")

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

    def __exit__(self, *_error: object) -> None:
        self.close()

    def _record(self, message: Any) -> TracedRecord | None:
        error = message.error()
        if error is not None:
            # The library heals what can be healed; what cannot shows as records that do not come.
            if error.code() == KafkaError._PARTITION_EOF:
                self._open.discard(place := (message.topic(), message.partition()))
                self.met[place] = message.offset()
            return None
        written_at = bounded_time(message.timestamp()[1] * 1000)
        if written_at < self._not_before:
            return None
        return TracedRecord(
            message.topic(),
            message.partition(),
            message.offset(),
            written_at,
            _headers(message),
            message.value(),
            message.key(),
        )

    def _existing(self, topics: set[str] | None) -> list[Partition]:
        metadata = self._consumer.list_topics(timeout=_METADATA_SECONDS)
        known: set[str] = {name for name in metadata.topics if not name.startswith("__")}
        return [
            (name, number)
            for name in sorted(known if topics is None else topics & metadata.topics.keys())
            for number in sorted(metadata.topics[name].partitions)
        ]

    def _assignment(self, begin: Begin, offsets: Offsets) -> list[TopicPartition]:
        """Where each partition begins: for a time at the first record that is not older, or at the end."""
        if begin.at is not None and self._seeks_by_time():
            assigned = self._at(begin.at // 1000, self._partitions)
        else:
            self._not_before = (begin.at or 0) // 1000 * 1000
            start = OFFSET_END if begin.at_end else OFFSET_BEGINNING if begin.offset is None else begin.offset
            assigned = [TopicPartition(topic, number, start) for topic, number in self._partitions]
        for partition in assigned:
            partition.offset = offsets.get((partition.topic, partition.partition), partition.offset)
        return assigned

    def _seeks_by_time(self) -> bool:
        """Whether the broker knows which record is the first of a time: one that does not always names the end."""
        for place in self._partitions:
            (first, end) = self.watermarks([place])[place]
            if first < end:
                return bool(self._at(1, [place])[0].offset >= 0)
        return True

    def _at(self, milliseconds: int, partitions: Iterable[Partition]) -> list[TopicPartition]:
        wanted = [TopicPartition(topic, number, milliseconds) for topic, number in partitions]
        return list(self._consumer.offsets_for_times(wanted, timeout=_METADATA_SECONDS)) if wanted else []


def _headers(message: Any) -> Headers:
    try:
        return tuple(_headers_of(message) or ())
    except (UnicodeDecodeError, SystemError):  # the name of a header; the interpreter may wrap the error
        return ()


class GroupOffsets:
    """Asks how far a consumer group has come, again and again, without joining it. Use it as a context manager."""

    def __init__(self, bootstrap_servers: str, group: str, config: Mapping[str, str] | None = None) -> None:
        """Raises SourceUnavailable where a property is none."""
        self._group, self._consumer = group, _consumer(group, bootstrap_servers, config)

    def committed(self, partitions: Iterable[Partition]) -> dict[Partition, int]:
        """The offsets that the group has committed; a partition without one is left out.

        Raises:
            SourceUnavailable: no broker answers, or the group must not be looked at.
        """
        places = [TopicPartition(*place) for place in partitions]
        try:
            found = self._consumer.committed(places, timeout=_METADATA_SECONDS)
        except KafkaException as error:
            raise SourceUnavailable(f"Kafka does not say how far {self._group} has come: {error}") from error
        return {(place.topic, place.partition): place.offset for place in found if place.offset >= 0}

    def close(self) -> None:
        """Let go of the connections."""
        self._consumer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()


def _consumer(group: str, bootstrap_servers: str, config: Mapping[str, str] | None) -> Any:
    """A consumer that never joins its group, and commits nothing.

    Raises:
        SourceUnavailable: a property is none, or has a value that it cannot have.
    """
    try:
        return Consumer(
            {
                "group.id": group,  # demanded by the library
                "enable.auto.commit": False,
                "enable.partition.eof": True,
                "auto.offset.reset": "earliest",
                "fetch.wait.max.ms": 20,
                "log_level": 0,  # what matters is raised; the rest would be written between the lines of a screen
                **(config or {}),
                "bootstrap.servers": bootstrap_servers,
            }
        )
    except KafkaException as error:
        raise SourceUnavailable(f"Kafka cannot be asked: {error}") from error


class KafkaTarget:
    """Writes records into the topics and partitions that they name, and tells where they came to lie."""

    def __init__(self, bootstrap_servers: str, config: Mapping[str, str] | None = None) -> None:
        """Raises SourceUnavailable where no broker answers."""
        properties = {"acks": "all", "log_level": 0, "linger.ms": 5, "allow.auto.create.topics": False}
        try:
            self._producer: Any = Producer({**properties, **(config or {}), "bootstrap.servers": bootstrap_servers})
            metadata: Any = self._producer.list_topics(timeout=_METADATA_SECONDS)
        except KafkaException as error:
            raise SourceUnavailable(f"Kafka does not answer: {error}") from error
        self.partitions: dict[str, int] = {name: len(topic.partitions) for name, topic in metadata.topics.items()}
        """How many partitions each topic has."""

    def write(self, records: Iterable[TracedRecord]) -> list[Place | None]:
        """Write records, and wait until they are acknowledged: the place of each, or None where it was refused."""
        places: list[Place | None] = []

        def delivered(number: int, error: object, message: Any) -> None:
            """Note where a record lies."""
            if error is None:
                places[number] = (message.topic(), message.partition(), message.offset())

        for number, record in enumerate(records):
            places.append(None)
            with suppress(KafkaException, ValueError, TypeError):  # too large, say: the others are written all the same
                self._producer.produce(
                    record.topic,
                    record.value,
                    record.key,
                    record.partition,
                    on_delivery=partial(delivered, number),
                    timestamp=record.written_at // 1000,
                    headers=list(record.headers),
                )
        if self._producer.flush(_SILENCE_SECONDS):
            raise SourceUnavailable(f"Kafka has not acknowledged all records within {_SILENCE_SECONDS:.0f} s")
        return places
