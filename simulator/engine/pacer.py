"""The pacer: the one timer of the load generator, which releases everything that is due.

A timer for each start would be rounded to milliseconds by itself, and cost as much as the start. Here nothing is
released before it is due; how late it was is recorded, from the due time until its task goes on.
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable
from itertools import count

Clock = Callable[[], int]
"""Microseconds since the start of the run; it never goes back."""

_TICK = 0.001
"""Event loops count in milliseconds: a shorter timer would be none, and the loop would be busy without work."""


class Pacer:
    """Wakes tasks at times of `clock`. `record` is told of each release: when it was due, and how late it was."""

    def __init__(self, clock: Clock, record: Callable[[int, int], None]) -> None:
        self._clock, self._record = clock, record
        self._loop = asyncio.get_running_loop()
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []
        self._number = count()
        self._timer: asyncio.TimerHandle | None = None
        self._timer_due = 0

    async def until(self, due: int) -> None:
        """Wait until a time; other tasks run in between even if it is over."""
        if due <= self._clock():
            await asyncio.sleep(0)
        else:
            future = self._loop.create_future()
            heapq.heappush(self._waiting, (due, next(self._number), future))
            if self._timer is None or due < self._timer_due:
                self._set_timer()
            await future
        self._record(due, self._clock() - due)

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer_due = self._waiting[0][0]
        delay = (self._timer_due - self._clock()) / 1_000_000
        self._timer = self._loop.call_later(max(delay, _TICK), self._release)

    def _release(self) -> None:
        self._timer = None
        now = self._clock()
        while self._waiting and self._waiting[0][0] <= now:
            future = heapq.heappop(self._waiting)[2]
            if not future.done():
                future.set_result(None)
        if self._waiting:
            self._set_timer()
