"""A live stream for tests: topics in memory, a reader that follows them, and one that reads them again."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping

from services_stub.contracts.events import EVENT_BY_TOPIC
from services_stub.gateway.replay import Replayer
from services_stub.gateway.stream import Broadcaster, OnGap, OnRecords, OnStart
from services_stub.gateway.visibility import STREAMED
from services_stub.runtime.errors import Unavailable
from services_stub.runtime.kafka.range_reader import Read
from services_stub.runtime.kafka.records import Place, Record
from tests.contracts.samples import golden

PARTITIONS = 2


def record_of(
    topic: str, *, partition: int = 0, offset: int = 0, timestamp: int = 0, value: bytes | None = None
) -> Record:
    """The golden sample of a topic as a record."""
    sample = golden(EVENT_BY_TOPIC[topic])
    wire = sample.wire_value() if value is None else value
    return Record(topic, partition, offset, sample.key.encode(), wire, sample.wire_headers(), timestamp)


class Log:
    """Topics in memory. `start` of a partition is its first offset that is still there; a read waits for `answers`."""

    def __init__(self) -> None:
        self.records: dict[Place, list[Record]] = {
            (event.topic, number): [] for event in STREAMED for number in range(PARTITIONS)
        }
        self.start: dict[Place, int] = dict.fromkeys(self.records, 0)
        self.away = False
        self.answers = threading.Event()
        self.answers.set()
        self.reads = self.closings = 0

    def append(self, topic: str, *, partition: int = 0, value: bytes | None = None) -> Record:
        """A new record at the end of a partition."""
        log = self.records[topic, partition]
        log.append(record_of(topic, partition=partition, offset=len(log), timestamp=len(log), value=value))
        return log[-1]

    def ends(self) -> dict[Place, int]:
        """The offsets behind the last records."""
        return {place: len(log) for place, log in self.records.items()}

    def read(self, ranges: Mapping[Place, tuple[int, int]], most: int, timeout: float) -> Read:
        """As a real reader does."""
        self.reads += 1
        if self.away or not self.answers.wait(timeout):
            raise Unavailable("Kafka")
        found = Read({place: first for place, (first, _) in ranges.items()})
        for place, (first, end) in ranges.items():
            start = self.start[place]
            if first < start:
                found.holes.append((place, first, min(start, end)))
            room = most - len(found.records)
            records = self.records[place][max(first, start) : end][:room]
            found.records += records
            found.reached[place] = end if len(records) < room else records[-1].offset + 1 if records else first
        return found

    def close(self) -> None:
        """Let go."""
        self.closings += 1


class StubReader:
    """A reader that hands on what the test gives it."""

    def __init__(
        self, log: Log, on_start: OnStart, on_records: OnRecords, on_gap: OnGap, *, away: bool = False
    ) -> None:
        self.on_start, self.on_records, self.on_gap, self.away = on_start, on_records, on_gap, away
        self._log = log
        self.started = self.stopped = 0

    def start(self) -> None:
        """Start, unless Kafka is away."""
        if self.away:
            raise Unavailable("Kafka")
        self.started += 1
        self.on_start(self._log.ends())

    def stop(self, timeout: float) -> None:
        """Stop."""
        self.stopped += 1


class Scene:
    """A broadcaster, the readers that it made, and the topics; several scenes may follow each other on one log."""

    def __init__(
        self,
        log: Log | None = None,
        *,
        away: bool = False,
        linger: float = 30.0,
        cluster_id: str = "cluster",
        longest_queue: int = 100,
    ) -> None:
        self.log = log or Log()
        self.readers: list[StubReader] = []
        self.away = away
        self.stopping = asyncio.Event()
        loop = asyncio.get_running_loop()
        self.replayer = Replayer(loop, lambda: self.log)
        self.broadcaster = Broadcaster(
            loop,
            self._reader_of,
            self.replayer,
            self.stopping,
            cluster_id=cluster_id,
            secret="s",
            linger=linger,
            longest_queue=longest_queue,
        )

    def _reader_of(self, on_start: OnStart, on_records: OnRecords, on_gap: OnGap) -> StubReader:
        self.readers.append(StubReader(self.log, on_start, on_records, on_gap, away=self.away))
        return self.readers[-1]

    async def listening(self) -> Scene:
        """The scene with its reader started."""
        await self.broadcaster.listen()
        return self

    def publish(self, topic: str, *, partition: int = 0, value: bytes | None = None) -> Record:
        """A new record in the log and on the stream."""
        record = self.log.append(topic, partition=partition, value=value)
        self.broadcaster.publish([record])
        return record
