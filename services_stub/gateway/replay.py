"""Reads again the events that clients missed while they were away, or while they did not keep up.

One thread reads for all of them: requests that wait and are about as far behind share one read of the topics. Each
answer is bounded, so that a client that is far behind comes back for more and holds up no other for long.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Protocol

import structlog

from services_stub.contracts.base import Event
from services_stub.gateway.openapi import OWN
from services_stub.gateway.positions import Offsets, Partitions, in_time
from services_stub.gateway.recipients import Recipients, message_of
from services_stub.gateway.visibility import STREAMED
from services_stub.runtime.dead_letters import concerns
from services_stub.runtime.decoding import EventDecoder
from services_stub.runtime.errors import Unavailable
from services_stub.runtime.kafka.range_reader import Read
from services_stub.runtime.kafka.records import Place, Record
from services_stub.runtime.sql.transaction import Received
from services_stub.runtime.tokens import Caller

MOST_RECORDS = 5000
"""How many records one read of the topics takes."""

MOST_BYTES = 128 * 1024
"""The size from which on an answer takes no further message."""

GAP = b"event: gap\ndata: {}\n\n"

_SILENCE_SECONDS = 5.0
_SIMILAR = 4


class Reader(Protocol):
    """Reads ranges of the topics."""

    def read(self, ranges: dict[Place, tuple[int, int]], most: int, timeout: float) -> Read:
        """About `most` records of `ranges`.

        Raises:
            Unavailable: the broker sends nothing.
        """

    def close(self) -> None:
        """Let go."""


class Missed:
    """The events of one caller from `offsets` up to `target`; afterwards `offsets` says how far they were read."""

    def __init__(self, caller: Caller, partitions: Partitions, offsets: Offsets, target: Offsets) -> None:
        self.caller, self.partitions, self.offsets, self.target = caller, partitions, offsets, target
        self.messages: list[bytes] = []
        self._size = 0

    def backlog(self) -> int:
        """How many records lie in between."""
        return sum(end - first for first, end in zip(self.offsets, self.target, strict=True))

    def full(self) -> bool:
        """Whether the answer takes no further message."""
        return self._size >= MOST_BYTES

    def within(self, number: int, offset: int) -> bool:
        """Whether a record of a partition is among those asked for."""
        return self.offsets[number] <= offset < self.target[number]

    def up_to(self, reached: Sequence[int]) -> Offsets:
        """The offsets that this caller is at when the topics are read up to `reached`."""
        return tuple(
            max(first, min(end, at)) for first, end, at in zip(self.offsets, self.target, reached, strict=True)
        )

    def add(self, message: bytes) -> None:
        """Take a message."""
        self.messages.append(message)
        self._size += len(message)


class Replayer:
    """Answers requests for missed events, in a thread of its own that begins with the first request."""

    def __init__(self, loop: asyncio.AbstractEventLoop, reader_of: Callable[[], Reader]) -> None:
        self._loop, self._reader_of = loop, reader_of
        self._decoder = EventDecoder(STREAMED)
        self._waiting: deque[tuple[Missed, asyncio.Future[None]]] = deque()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._reader: Reader | None = None
        self._stopping = False

    async def read(self, missed: Missed) -> None:
        """Fill `missed` with some of its messages at least, or with all there are.

        Raises:
            Unavailable: the broker does not answer.
        """
        answered: asyncio.Future[None] = self._loop.create_future()
        with self._changed:
            if self._stopping:
                raise Unavailable("the gateway ends")
            self._waiting.append((missed, answered))
            self._changed.notify()
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="replay", daemon=True)
                self._thread.start()
        await answered

    def stop(self, timeout: float) -> None:
        """End; requests that still wait are not answered."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join(timeout)

    def fill(self, requests: Sequence[Missed]) -> None:
        """Read once for all of `requests`, which are of the same partitions.

        Raises:
            Unavailable: the broker does not answer.
        """
        partitions = requests[0].partitions
        ranges = {}
        reached = list(map(min, zip(*(request.offsets for request in requests), strict=True)))
        for number, place in enumerate(partitions.places):
            behind = [r for r in requests if r.offsets[number] < r.target[number]]
            if behind:
                reached[number] = min(request.offsets[number] for request in behind)
                ranges[place] = reached[number], max(request.target[number] for request in behind)
        if self._reader is None:
            self._reader = self._reader_of()
        found = self._reader.read(ranges, MOST_RECORDS, _SILENCE_SECONDS)
        _note_holes(requests, found)
        self._hand_out(requests, found.records, reached)
        for place, offset in found.reached.items():
            reached[partitions.index[place]] = offset
        for request in requests:
            if not request.full():
                request.offsets = request.up_to(reached)

    def _hand_out(self, requests: Sequence[Missed], records: Sequence[Record], reached: list[int]) -> None:
        partitions, recipients = requests[0].partitions, Recipients(requests)
        for record in in_time(records):
            number = partitions.index[record.topic, record.partition]
            reached[number] = record.offset + 1
            received = self._decoder.decode(record)
            if isinstance(received, Received) and concerns(OWN, record):
                self._hand_out_one(recipients, record, received, reached)

    @staticmethod
    def _hand_out_one(
        recipients: Recipients[Missed], record: Record, received: Received[Event], reached: Sequence[int]
    ) -> None:
        try:
            for request, value in recipients.of_event(record, received):
                number = request.partitions.index[record.topic, record.partition]
                if request.within(number, record.offset):
                    offsets = request.up_to(reached)
                    message_id = request.partitions.message_id(offsets, received.envelope.id)
                    request.add(message_of(record.topic, message_id, value))
                    if request.full():
                        request.offsets = offsets
                        recipients.discard(request)
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001 - one record is at fault, and others concern other connections
            structlog.get_logger().error(
                "an event cannot be streamed", topic=record.topic, event_id=received.envelope.id, reason=str(error)
            )

    def _run(self) -> None:
        while (taken := self._take()) is not None:
            error: Exception | None = None
            try:
                self.fill([missed for missed, _ in taken])
            except MemoryError:
                raise
            except Exception as failure:  # noqa: BLE001 - told to those who asked, whose connections end by it
                error = failure
                self._close()  # it may have no broker left (`isolation.py`)
            for _, answered in taken:
                self._loop.call_soon_threadsafe(_answer, answered, error)
        self._close()

    def _close(self) -> None:
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    def _take(self) -> list[tuple[Missed, asyncio.Future[None]]] | None:
        """The request that waits longest, and those that are like it; None at the end."""
        with self._changed:
            while not self._waiting:
                if self._stopping:
                    return None
                self._changed.wait()
            first = self._waiting[0][0]
            alike = [waiting for waiting in self._waiting if _are_alike(first, waiting[0])]
            self._waiting = deque(waiting for waiting in self._waiting if not _are_alike(first, waiting[0]))
            return alike


def _are_alike(first: Missed, second: Missed) -> bool:
    """Whether both are about as far behind, so that neither waits for long reads that only the other needs."""
    less, more = sorted((first.backlog(), second.backlog()))
    return first.partitions is second.partitions and more <= max(_SIMILAR * less, MOST_RECORDS)


def _note_holes(requests: Sequence[Missed], found: Read) -> None:
    for request in requests:
        for place, first, end in found.holes:
            number = request.partitions.index[place]
            if request.offsets[number] < end and first < request.target[number]:
                request.add(GAP)
                break


def _answer(answered: asyncio.Future[None], error: Exception | None) -> None:
    if answered.done():  # the client has gone
        return
    if error is None:
        answered.set_result(None)
    else:
        answered.set_exception(error)
