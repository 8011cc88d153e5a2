"""Reads the topics of the dead letters and of the events about them, on request, in one thread.

Each request first reads what came since the last one, so that its answer is as new as the topics. The first reads the
newest dead letters of each topic. How long a request reads is bounded; where that does not suffice, the next goes on.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, Protocol, TypeVar

import structlog

from services_stub.contracts.events import DeadLetterClosed
from services_stub.contracts.http.dead_letters import DeadLetter, DeadLetterRecord, DeadLetters, DeadLetterState
from services_stub.contracts.topics import DEAD_LETTER_TOPICS
from services_stub.gateway.dead_letters.index import MOST_LISTED, DeadLetterIndex
from services_stub.gateway.dead_letters.records import id_of, place_of, with_record
from services_stub.runtime.decoding import EventDecoder, Poisoned
from services_stub.runtime.errors import Refused, Unavailable
from services_stub.runtime.kafka.bounds import Bounds
from services_stub.runtime.kafka.range_reader import Read
from services_stub.runtime.kafka.records import Place, Record

READ_SECONDS = 4.0
"""How long one request reads the topics at most."""

_TOPICS = [topic.name for topic in DEAD_LETTER_TOPICS]
_MOST_RECORDS = 2000
_SILENCE_SECONDS = 3.0
_WIDEST_GAP = 50
"""Offsets between two records that are read together with them, because a read of its own would take longer."""

P = ParamSpec("P")
R = TypeVar("R")


class Reader(Protocol):
    """Reads ranges of topics."""

    def bounds(self, topics: Iterable[str]) -> Bounds:
        """The bounds of all partitions of `topics`."""

    def read(self, ranges: Bounds, most: int, timeout: float) -> Read:
        """About `most` records of `ranges`."""

    def close(self) -> None:
        """Let go."""


class DeadLetterLog:
    """Answers from the topics; its reader is made with the first request. Every method may find that Kafka is away.

    Raises:
        Refused: Kafka does not answer, or the topics are not read to their ends yet (503).
    """

    def __init__(
        self,
        reader_of: Callable[[], Reader],
        most_listed: int = MOST_LISTED,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._reader_of, self._most_listed, self._clock = reader_of, most_listed, clock
        self._index = DeadLetterIndex(most_listed)
        self._decoder = EventDecoder([DeadLetterClosed])
        self._next: dict[Place, int] = {}
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="dead-letters")
        self._reader: Reader | None = None

    def start(self) -> None:
        """Nothing is read before the first request."""

    def stop(self, timeout: float) -> None:  # noqa: ARG002 - a read that is under way is bounded by itself
        """Let go of the reader."""
        self._thread.submit(self._close)
        self._thread.shutdown()

    async def page(self, topic: str, group: str, state: DeadLetterState | None, cursor: str, limit: int) -> DeadLetters:
        """A page of the dead letters, newest first; `topic` and `group` are empty where any will do."""
        return await self._in_thread(self._page, topic, group, state, cursor, limit)

    async def find(self, ids: Sequence[str]) -> list[DeadLetter | None]:
        """The dead letters with these ids; None for each that is not there."""
        return await self._in_thread(self._find, ids)

    async def read_one(self, dead_letter_id: str) -> DeadLetterRecord | None:
        """A dead letter with all of its record; None where there is none."""
        return await self._in_thread(self._read_one, dead_letter_id)

    async def records(self, dead_letters: Iterable[DeadLetter]) -> dict[str, Record]:
        """The records of dead letters by id; one that the log does not have any more is missing."""
        return await self._in_thread(self._records, [found.dead_letter_id for found in dead_letters])

    async def _in_thread(self, work: Callable[P, R], *arguments: P.args, **keywords: P.kwargs) -> R:
        call = partial(self._answer, partial(work, *arguments, **keywords))
        result: R = await asyncio.get_running_loop().run_in_executor(self._thread, call)
        return result

    def _answer(self, work: Callable[[], R]) -> R:
        try:
            return work()
        except Unavailable as error:
            structlog.get_logger().warning("the dead letters cannot be read", reason=str(error))
            self._close()  # it may have no broker left (`isolation.py`)
            raise kafka_is_away("the dead letters cannot be read") from error

    def _page(self, topic: str, group: str, state: DeadLetterState | None, cursor: str, limit: int) -> DeadLetters:
        self._catch_up()
        return self._index.page(topic, group, state, cursor, limit)

    def _find(self, ids: Sequence[str]) -> list[DeadLetter | None]:
        self._catch_up()
        return [self._index.find(dead_letter_id) for dead_letter_id in ids]

    def _read_one(self, dead_letter_id: str) -> DeadLetterRecord | None:
        self._catch_up()
        listed = self._index.find(dead_letter_id)
        record = None if listed is None else self._records([dead_letter_id]).get(dead_letter_id)
        return None if listed is None or record is None else with_record(listed, record)

    def _catch_up(self) -> None:
        """Read what came since the last request: dead letters first, and then the events about them."""
        deadline = self._clock() + READ_SECONDS
        closed, listed = Bounds(), Bounds()
        # The events' end is asked for first, so that what they are about is before the ends of the others.
        for place, (first, end) in self._opened().bounds([DeadLetterClosed.topic, *_TOPICS]).items():
            begin = max(first, self._next.get(place, 0))
            if place[0] == DeadLetterClosed.topic:
                closed[place] = begin, end
            else:
                self._index.begin_at(place, first)
                listed[place] = max(begin, end - self._most_listed), end
        for ranges, take in ((listed, self._index.add), (closed, self._take_event)):
            for found in self._chunks(ranges, deadline):
                for record in found.records:
                    take(record)
                self._next.update(found.reached)

    def _take_event(self, record: Record) -> None:
        received = self._decoder.decode(record)
        if isinstance(received, Poisoned):
            structlog.get_logger().warning("an event about a dead letter cannot be read", reason=received.reason)
        elif isinstance(received.event, DeadLetterClosed):
            self._index.close(received.event, received.envelope.time)

    def _records(self, ids: Sequence[str]) -> dict[str, Record]:
        deadline = self._clock() + READ_SECONDS
        wanted = {place for place in map(place_of, ids) if place is not None}
        records: dict[str, Record] = {}
        for ranges in rounds_of(wanted):
            for found in self._chunks(ranges, deadline):
                for record in found.records:
                    place = record.topic, record.partition
                    if (place, record.offset) in wanted:
                        records[id_of(place, record.offset)] = record
        return records

    def _chunks(self, ranges: Bounds, deadline: float) -> Iterator[Read]:
        left = {place: (first, end) for place, (first, end) in ranges.items() if first < end}
        while left:
            if self._clock() > deadline:
                raise Refused(503, "still-reading", "the dead letters are still being read: try again in a moment")
            found = self._opened().read(left, _MOST_RECORDS, _SILENCE_SECONDS)
            yield found
            left = {
                place: (found.reached[place], end) for place, (_, end) in left.items() if found.reached[place] < end
            }

    def _opened(self) -> Reader:
        if self._reader is None:
            self._reader = self._reader_of()
        return self._reader

    def _close(self) -> None:
        if self._reader is not None:
            self._reader.close()
            self._reader = None


def rounds_of(wanted: Iterable[tuple[Place, int]]) -> list[Bounds]:
    """The ranges in which offsets are read, one of each partition at a time: offsets close together share one."""
    runs: dict[Place, list[tuple[int, int]]] = {}
    for place, offset in sorted(wanted):
        own = runs.setdefault(place, [])
        if own and offset - own[-1][1] < _WIDEST_GAP:
            own[-1] = own[-1][0], offset + 1
        else:
            own.append((offset, offset + 1))
    most = max(map(len, runs.values()), default=0)
    return [{place: own[number] for place, own in runs.items() if number < len(own)} for number in range(most)]


def kafka_is_away(what: str) -> Refused:
    """The refusal of a request that needs Kafka (503), which says what to do."""
    return Refused(503, "kafka-away", f"Kafka does not answer, so {what}: start it or wait for it, then try again")
