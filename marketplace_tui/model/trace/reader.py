"""Reads topics into flows for as long as a screen is open: in a thread, and told of at most ten times a second."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Sequence

from marketplace_tui.model.tasks import Tasks
from marketplace_tui.model.watched import Watched
from services_stub.contracts.topics import TRACE_HOPS
from simulator.trace import Begin, Flow, FlowStore, Seen, TracedRecord, live_records
from simulator.trace.cluster import Cluster
from simulator.trace.decoded import Decoded
from simulator.trace.events import correlation_of
from simulator.trace.kafka_source import KafkaSource, SourceUnavailable
from simulator.trace.live import Source
from simulator.trace.spill import Spill
from simulator.trace.where import committed_in, groups_of, undone, waiting_for, waiting_lines

GATHERED_SECONDS = 0.1
_AT_ONCE = 12_000
"""Records and reports of a flow that is joined while its screen is made, which takes a tenth of a second at most: a
thread of the same interpreter would take longer, and the screen would be drawn twice."""

_FIRST_RECORDS = 200
"""So many records of a longer flow are shown before it is joined: several times as many as fill a screen."""

_LOCK_SECONDS = 0.02
"""So long the event loop waits for a thread that takes in records; one that joins a long flow takes longer."""

_RATE_SECONDS = 1.0
"""So long the pace of consumers is looked at."""

MOST_BYTES = 256 * 1024 * 1024
"""Of the file for the flows that have no room in memory."""


class Reader(Watched):
    """Records as they are read, and their flows.

    After a batch, `grown` has the ids of the flows that it changed, and `latest` its records; watchers are told then.
    `skipped` is None where these records follow those before; otherwise all before is forgotten, and so many records
    lie before them. `is_open` says that records are being read, and `problem` why they cannot be.
    """

    def __init__(self) -> None:
        super().__init__()
        self.problem = ""
        self.is_open = False
        self.grown: frozenset[str] = frozenset()
        self.latest: Sequence[TracedRecord] = ()
        self.skipped: int | None = None

    def start(self) -> None:
        """Begin to read, or begin anew after a problem."""
        raise NotImplementedError

    def close(self) -> None:
        """Stop reading."""
        raise NotImplementedError

    def flow(self, flow_id: str) -> Flow | None:
        """A flow as far as it was read, or None. For threads: a long one takes a while."""
        raise NotImplementedError

    def beginning(self, flow_id: str) -> tuple[Flow | None, bool]:  # noqa: ARG002 - for those that have it
        """A flow, or its first events, where they can be had at once; and whether that is all that was read of it."""
        return None, False

    def seen(self, now: int) -> Seen:
        """The circumstances of flows at a moment in microseconds of Unix time."""
        raise NotImplementedError

    def tell(self, records: Sequence[TracedRecord], grown: frozenset[str], skipped: int | None = None) -> None:
        """Tell watchers of a batch; an empty one tells of another state alone."""
        self.latest, self.grown, self.skipped = records, grown, skipped
        self.changed()


class TraceReader(Reader):
    """The flows of a cluster, or only the one that is named `only`."""

    def __init__(self, tasks: Tasks, open_source: Callable[[], Source], *, only: str = "") -> None:
        super().__init__()
        self._tasks, self._open_source, self._only = tasks, open_source, only
        self._growing: set[str] = set()
        self._store = FlowStore(wanted=self._is_wanted, spill=Spill(MOST_BYTES), decoded=Decoded())
        self._lock = threading.Lock()
        self._following: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to read, or begin anew after a problem."""
        if self._following is None or self._following.done():
            self._following = self._tasks.start(self._follow(), lasting=True)

    def close(self) -> None:
        """Stop reading."""
        if self._following is not None:
            self._following.cancel()

    def flow(self, flow_id: str) -> Flow | None:
        """A flow as far as it was read, or None. For threads: a long one takes a while."""
        with self._lock:
            return self._store.flow(flow_id)

    def beginning(self, flow_id: str) -> tuple[Flow | None, bool]:
        """A flow, or the first events of a long one; neither where a thread is at work for longer."""
        if not self._lock.acquire(timeout=_LOCK_SECONDS):
            return None, False
        try:
            if self._store.size(flow_id) <= _AT_ONCE:
                return self._store.flow(flow_id), True
            return self._store.beginning(flow_id, _FIRST_RECORDS), False
        finally:
            self._lock.release()

    def seen(self, now: int) -> Seen:
        """The circumstances of flows at a moment in microseconds of Unix time."""
        return self._store.seen(now)

    def where(self, flow_id: str, cluster: Cluster) -> list[str]:
        """The consumers that have a flow before them, in words. For threads: it takes some seconds.

        Raises:
            SourceUnavailable: no broker answers.

        """
        flow = self.flow(flow_id)
        pairs = undone(flow, groups_of(self._store.seen().progress)) if flow is not None else []
        return waiting_lines(waiting_for(pairs, committed_in(cluster), _wait) if pairs else [])

    async def _follow(self) -> None:
        opening = told_when_open(self._open_source, self._note_open)
        records = live_records(opening, self._select if self._only else None, every=GATHERED_SECONDS)
        self.problem = ""
        try:
            async for batch in records:
                await asyncio.to_thread(self._take, batch)
                grown = frozenset(self._growing)
                self._growing.clear()
                self.tell(batch, grown)
        except SourceUnavailable as error:
            self.problem, self.is_open = str(error), False
            self.tell((), frozenset())
        finally:
            await records.aclose()

    def _note_open(self) -> None:
        self.is_open = True
        self.tell((), frozenset())

    def _take(self, batch: Sequence[TracedRecord]) -> None:
        with self._lock:
            self._store.add_all(batch)

    def _is_wanted(self, flow_id: str) -> bool:
        """Called with the id of each record and report, so that what grows is known."""
        if self._only and flow_id != self._only:
            return False
        self._growing.add(flow_id)
        return True

    def _select(self, record: TracedRecord) -> bool:
        """Reports tell of other flows, too, but also how far each group has come."""
        return record.topic == TRACE_HOPS or correlation_of(record) == self._only


def _wait() -> float:
    begun = time.monotonic()
    time.sleep(_RATE_SECONDS)
    return time.monotonic() - begun


def told_when_open(open_source: Callable[[], Source], then: Callable[[], None]) -> Callable[[], Source]:
    """`open_source` for a thread, with `then` called in the event loop as soon as it has returned."""
    loop = asyncio.get_running_loop()

    def opened() -> Source:
        source = open_source()
        loop.call_soon_threadsafe(then)
        return source

    return opened


def source_of(servers: str, begin: Begin) -> KafkaSource:
    """All topics of a cluster; to be called in the thread that reads.

    Raises:
        SourceUnavailable: no broker answers.

    """
    return KafkaSource(servers, None, begin=begin)
