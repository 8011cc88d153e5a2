"""The source of a consumer group's records: every partition of its topics, from the committed offsets.

There is one instance of a service, so it takes its partitions itself instead of joining a group: it is back at work
at once after a crash, with no rebalance. Offsets are committed under the group's name, so that lag can be read.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, TopicPartition

from services_stub.runtime import clock
from services_stub.runtime.errors import Unavailable
from services_stub.runtime.kafka import configuration
from services_stub.runtime.kafka.bounds import gap_before
from services_stub.runtime.kafka.isolation import noticed, raised
from services_stub.runtime.kafka.progress import Progress
from services_stub.runtime.kafka.records import Place, Record, record_of
from services_stub.runtime.settings import Settings

_METADATA_TIMEOUT = 5.0
_COMMIT_EVERY = 0.5
"""Seconds between commits. One after each batch would be a third of all requests; a crash repeats what lies between."""

OnGap: TypeAlias = Callable[[str, int, int, int], None]
_TRANSIENT = (KafkaError._PARTITION_EOF, KafkaError._ALL_BROKERS_DOWN, KafkaError._TRANSPORT)


class RecordSource:
    """Reads batches and commits offsets. `cluster_id` names the log: offsets that were committed for another are none.

    `on_gap` hears of records that the broker dropped unread, or after they were read: their topic, partition, first
    offset and the one behind them. Records wait at the broker for up to `linger` seconds for others.
    """

    def __init__(
        self, settings: Settings, topics: Sequence[str], on_gap: OnGap, linger: float = 0.0, cluster_id: str = ""
    ) -> None:
        self._topics = list(topics)
        self._on_gap, self._cluster_id = on_gap, cluster_id
        self._next: dict[Place, int] = {}
        self._asked: dict[Place, int] = {}
        self._due: dict[Place, int] = {}
        self._commit_at = 0.0
        config = configuration.of_consumer(settings, linger) | noticed(raised)
        self._consumer: Any = Consumer(config | {"on_commit": self._on_commit})
        self.progress = Progress(self._watermarks)

    def assign(self) -> None:
        """Take every partition from where the group committed, or from the beginning.

        Raises:
            Unavailable: the broker does not answer, or a topic is missing.
        """
        try:
            metadata = self._consumer.list_topics(timeout=_METADATA_TIMEOUT)
            missing = [topic for topic in self._topics if topic not in metadata.topics]
            if missing:
                raise Unavailable(f"Kafka: topics are missing: {', '.join(missing)}")
            partitions = [
                TopicPartition(topic, number) for topic in self._topics for number in metadata.topics[topic].partitions
            ]
            committed = self._consumer.committed(partitions, timeout=_METADATA_TIMEOUT)
        except KafkaException as error:
            raise Unavailable(f"Kafka: {error.args[0]}") from error
        for partition in committed:
            # A process that outlived its log for a moment may have committed its position there in the one after it.
            if partition.offset < 0 or (partition.metadata or self._cluster_id) != self._cluster_id:
                partition.offset = OFFSET_BEGINNING
            # Where nothing was read yet, what the log has lost of its beginning is a loss as well.
            self._next[partition.topic, partition.partition] = max(partition.offset, 0)
        self._consumer.assign(committed)
        self.progress.assigned({(p.topic, p.partition): max(p.offset, 0) for p in committed}, clock.seconds())

    def sample(self) -> None:
        """Look how many records there are, and commit what is due, now and then; also where nothing is polled."""
        self.progress.sample(clock.seconds())
        now = time.monotonic()
        if self._due and now >= self._commit_at:
            self._commit_at = now + _COMMIT_EVERY
            self._commit()

    def poll(self, most: int, timeout: float) -> list[Record]:
        """Up to `most` records: waits `timeout` seconds at most for the first, then takes all that are there.

        Raises:
            Unavailable: the broker answered with an error that is not healed by reading on.
            NoBrokerLeft: nothing will come any more.
        """
        first = self._consumer.poll(timeout)
        if first is None:
            return []
        messages = [first, *self._consumer.consume(most - 1, 0)]
        records: list[Record] = []
        for message in messages:
            error = message.error()
            if error is None:
                record = record_of(message)
                if gap := gap_before(self._consumer, self._next, record):
                    self._on_gap(record.topic, record.partition, *gap)
                records.append(record)
            elif error.code() not in _TRANSIENT and not error.retriable() and len(messages) == 1:
                # Not beside records, which would not come again; an error that lasts does.
                raise Unavailable(f"Kafka: {error}")
        self.progress.polled(records)
        return records

    def commit(self, records: Sequence[Record]) -> None:
        """Commit the offsets behind `records`, with one of the next samples."""
        latest = {(record.topic, record.partition): record for record in records}
        self._due |= {place: last.offset + 1 for place, last in latest.items()}
        self.progress.handled(latest)

    def close(self) -> None:
        """Send outstanding commits and let go."""
        if self._due:
            self._commit()
        self._consumer.close()

    def _commit(self) -> None:
        places = [TopicPartition(*place, offset, self._cluster_id) for place, offset in self._due.items()]
        self._asked, self._due = self._asked | self._due, {}
        self._consumer.commit(offsets=places)

    def _on_commit(self, error: KafkaError | None, partitions: Sequence[TopicPartition]) -> None:
        """Keep what a broker that went away did not commit: it may be long until the next record of the partition.

        A commit that waited for it in librdkafka may come behind a later one, and take that back.
        """
        for one in partitions:
            place = one.topic, one.partition
            failed, asked = bool(error or one.error), self._asked.get(place, one.offset)
            if failed == (asked == one.offset):
                self._due.setdefault(place, asked)
                self._commit_at = time.monotonic() + 2 * _COMMIT_EVERY

    def _watermarks(self, place: Place) -> tuple[int, int]:
        first, end = self._consumer.get_watermark_offsets(TopicPartition(*place), cached=True) or (-1, -1)
        if 0 <= end < (following := self._next.get(place, 0)):
            self._next[place] = end
            self._on_gap(*place, end, following)
        return first, end
