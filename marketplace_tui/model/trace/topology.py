"""The topology as it is looked at: rates of the last minute, and how far each consumer is behind.

Counting takes a while where many records come, so that it is done in threads.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from typing import Literal, TypeAlias

from marketplace_tui.model.tasks import Tasks
from marketplace_tui.model.watched import Watched
from simulator.trace import TracedRecord
from simulator.trace.kafka_source import SourceUnavailable
from simulator.trace.topology import GroupAndTopic, Link, Topology

Lag: TypeAlias = Mapping[GroupAndTopic, int]
Trend: TypeAlias = Literal["", "growing", "shrinking"]
Follow: TypeAlias = Callable[[Callable[[], None]], AsyncGenerator[list[TracedRecord], None]]
"""Batches of records as they come; what it is given is called as soon as they are being read."""


class TopologyModel(Watched):
    """The links of what `follow` reads. `ask_lag` says how far groups are behind; it is called in a thread.

    `lag` is None until it was asked for, and `lag_problem` says why it could not be. `is_open` says that records are
    being read, and `problem` why nothing can be read.
    """

    def __init__(
        self,
        tasks: Tasks,
        follow: Follow,
        ask_lag: Callable[[Sequence[GroupAndTopic]], Lag] | None,
        now: Callable[[], int],
    ) -> None:
        super().__init__()
        self.links: Sequence[Link] = ()
        self.records = 0
        self.lag: Lag | None = None
        self.lag_problem = ""
        self.problem = ""
        self.is_open = False
        self.knows_lag = ask_lag is not None
        self._tasks, self._follow_records, self._ask_lag, self._now = tasks, follow, ask_lag, now
        self._lag_before: Lag = {}
        self._topology = Topology()
        self._lock = threading.Lock()
        self._following: asyncio.Task[None] | None = None
        self._asking: asyncio.Task[None] | None = None
        self._renewing: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to read, or begin anew after a problem."""
        if self._following is None or self._following.done():
            self._following = self._tasks.start(self._follow(), lasting=True)

    def close(self) -> None:
        """Stop reading."""
        if self._following is not None:
            self._following.cancel()

    def refresh_lag(self) -> None:
        """Ask how far the groups are behind; where that is being asked, nothing."""
        if self._ask_lag is not None and self.links and (self._asking is None or self._asking.done()):
            self._asking = self._tasks.start(self._find_lag(self._ask_lag))

    def renew(self) -> None:
        """Let the time of the rates go on."""
        if self.links and (self._renewing is None or self._renewing.done()):
            self._renewing = self._tasks.start(self._show())

    def trend(self, link: Link) -> Trend:
        """Whether a group comes further behind, or catches up."""
        before = self._lag_before.get((link.service, link.topic))
        if link.publishes or before is None or link.lag is None or link.lag == before:
            return ""
        return "growing" if link.lag > before else "shrinking"

    async def _follow(self) -> None:
        self.problem = ""
        self._topology = Topology()
        records = self._follow_records(self._note_open)
        try:
            async for batch in records:
                await asyncio.to_thread(self._count, batch)
                first = not self.links
                await self._show()
                if first:
                    self.refresh_lag()
        except SourceUnavailable as error:
            self.problem, self.is_open = str(error), False
            self.changed()
        finally:
            await records.aclose()

    def _note_open(self) -> None:
        self.is_open = True
        self.changed()

    async def _show(self) -> None:
        self.links = await asyncio.to_thread(self._find_links)
        self.changed()

    async def _find_lag(self, ask: Callable[[Sequence[GroupAndTopic]], Lag]) -> None:
        with self._lock:
            consumed = self._topology.consumed
        try:
            found = await asyncio.to_thread(ask, consumed)
        except SourceUnavailable as error:
            self.lag_problem = str(error)
            self.changed()
            return
        self._lag_before, self.lag, self.lag_problem = self.lag or {}, found, ""
        await self._show()

    def _count(self, batch: Sequence[TracedRecord]) -> None:
        with self._lock:
            self._topology.add_all(batch)

    def _find_links(self) -> list[Link]:
        with self._lock:
            self.records = self._topology.records
            return self._topology.links(self.lag or {}, self._now())
