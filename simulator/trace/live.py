"""Reads in a thread of its own for a program that must not wait: an event loop takes what came, in order.

The thread is held up when the program does not take what it read, so that memory stays bounded: Kafka keeps the rest.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from typing import Protocol

from services_stub.contracts.topics import TRACE_HOPS
from simulator.trace.events import Entry, Report, correlation_of, entry_of, reports_of
from simulator.trace.flow import Flow, joined
from simulator.trace.records import TracedRecord

MOST_WAITING = 20
"""Batches that were read and not taken; a batch has up to `_MOST_GATHERED` records, and a few more."""

_MOST_GATHERED = 2000
"""Records that are handed over before their time."""

_END_SECONDS = 5.0
_LOOK_SECONDS = 0.2


class Source(Protocol):
    """The part of a `KafkaSource` that is followed."""

    def step(self) -> list[TracedRecord]:
        """The records that came, after a short wait."""

    def close(self) -> None:
        """Let go of the connections."""


class _Reader:
    """The thread: opens the source, and hands over what it reads, until it is told to end."""

    def __init__(
        self, open_source: Callable[[], Source], select: Callable[[TracedRecord], bool] | None, every: float
    ) -> None:
        self._open_source, self._select, self._every = open_source, select, every
        self._loop = asyncio.get_running_loop()
        self.came: asyncio.Queue[list[TracedRecord] | Exception] = asyncio.Queue(MOST_WAITING)
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="trace-reader", daemon=True)
        self._thread.start()

    async def stop(self) -> None:
        """End the thread; what it has read and not handed over is forgotten."""
        self._ending.set()
        await asyncio.to_thread(self._thread.join, _END_SECONDS)

    def _run(self) -> None:
        try:
            source = self._open_source()
            try:
                self._read(source)
            finally:
                source.close()
        except Exception as error:  # noqa: BLE001 - raised where the records are awaited
            self._hand_over(error)

    def _read(self, source: Source) -> None:
        select, gathered, due = self._select, list[TracedRecord](), 0.0
        while not self._ending.is_set():
            found = source.step()
            gathered += found if select is None else (record for record in found if select(record))
            if gathered and (len(gathered) >= _MOST_GATHERED or time.monotonic() >= due):
                self._hand_over(gathered)
                gathered, due = [], time.monotonic() + self._every

    def _hand_over(self, found: list[TracedRecord] | Exception) -> None:
        """Wait until there is room, or until nothing is taken any more, as when the loop was closed without a word."""
        putting = self.came.put(found)
        if not self._loop.is_closed():
            handing = asyncio.run_coroutine_threadsafe(putting, self._loop)
            while not self._ending.is_set() and not self._loop.is_closed():
                with contextlib.suppress(TimeoutError):
                    handing.result(_LOOK_SECONDS)
                    return
            handing.cancel()
        if self._loop.is_closed():
            putting.close()
            self._ending.set()


async def live_records(
    open_source: Callable[[], Source], select: Callable[[TracedRecord], bool] | None = None, *, every: float = 0.0
) -> AsyncGenerator[list[TracedRecord], None]:
    """Batches of the records that `select` chooses, as they come, until the caller closes the generator.

    `open_source` and `select` are called in the thread. Records that come within `every` seconds are one batch, unless
    they are very many.

    Raises:
        Exception: those of `open_source`, for example `SourceUnavailable`.
    """
    reader = _Reader(open_source, select, every)
    try:
        while True:
            batch = await reader.came.get()
            if isinstance(batch, Exception):
                raise batch
            yield batch
    finally:
        await reader.stop()


async def live_flow(open_source: Callable[[], Source], correlation_id: str) -> AsyncGenerator[Flow, None]:
    """The flow of an id, anew each time that something of it came, until the caller closes the generator.

    Raises:
        Exception: those of `open_source`, for example `SourceUnavailable`.
    """
    wanted = correlation_id.encode()

    def concerns(record: TracedRecord) -> bool:
        """Whether a record may be of the flow."""
        if record.topic == TRACE_HOPS:
            return wanted in (record.value or b"")
        return correlation_of(record) == correlation_id

    own: list[Entry] = []
    reported: list[Report] = []
    records = live_records(open_source, concerns)
    try:
        async for batch in records:
            before = len(own) + len(reported)
            entries = (entry_of(record) for record in batch if record.topic != TRACE_HOPS)
            own += (entry for entry in entries if entry is not None)
            reported += _reports(batch, correlation_id)
            if len(own) + len(reported) > before:
                yield joined(correlation_id, own, reported)
    finally:
        await records.aclose()


def _reports(batch: Sequence[TracedRecord], correlation_id: str) -> list[Report]:
    return [
        report
        for record in batch
        if record.topic == TRACE_HOPS
        for report in reports_of(record)
        if report.correlation_id == correlation_id
    ]
