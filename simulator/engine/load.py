"""The load of one process: starts sessions by the plan, and measures their operations."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, count, islice, takewhile

from simulator.engine.in_flight import InFlight, WhenFull
from simulator.engine.pacer import Clock, Pacer
from simulator.engine.session import Perform, Session, Start, Step
from simulator.measure.measurements import SECOND, Measurements
from simulator.measure.outcomes import Outcome


@dataclass(frozen=True, slots=True)
class LoadOptions:
    """No step is planned at `end_us` or later; those in flight then have `drain_us` to end, in microseconds.

    `max_in_flight` limits the operations in flight of all workers together.
    """

    end_us: int
    drain_us: int = 10 * SECOND
    max_in_flight: int | None = None
    when_full: WhenFull = WhenFull.QUEUE


class Load:
    """Runs sessions once. `deliver` is given all that was measured, in parts: one in each interval, and the last.

    `unix_start` is the start of the run in microseconds of Unix time.
    """

    def __init__(
        self,
        options: LoadOptions,
        perform: Perform,
        clock: Clock,
        deliver: Callable[[Measurements], None],
        *,
        unix_start: int = 0,
        worker: int = 0,
    ) -> None:
        self._options, self._perform, self._clock, self._deliver = options, perform, clock, deliver
        self._unix_start, self._worker = unix_start, worker
        self._in_flight = InFlight(options.max_in_flight, options.when_full)
        self._measured = Measurements()
        self._pacer = Pacer(clock, lambda due, error: self._measured.record_pacing(due, error))
        self._waiting: dict[int, Session[Step]] = {}
        self._busy_since = (clock(), time.thread_time_ns())

    async def run(self, sessions: Iterable[Session[Step]]) -> None:
        """Run sessions, which come in ascending order of their starts, until all have ended.

        Operations that are still in flight after the drain, or when this is cancelled, are unknown.
        """
        planned = takewhile(lambda session: session.start_us < self._options.end_us, sessions)
        deadline = (self._options.end_us + self._options.drain_us - self._clock()) / SECOND
        try:
            async with asyncio.timeout(deadline), asyncio.TaskGroup() as background:
                reporting = background.create_task(self._report())
                async with asyncio.TaskGroup() as visits:
                    for session in planned:
                        self._waiting[id(session)] = session
                        await self._pacer.until(session.start_us)
                        visits.create_task(self._visit(session))
                reporting.cancel()
        except TimeoutError:
            pass  # the drain is over, and what was in flight is recorded
        finally:
            self._drop_waiting(planned)
            self._hand_over()

    async def _visit(self, session: Session[Step]) -> None:
        self._waiting.pop(id(session), None)
        ended = session.start_us
        for step in session.steps:
            planned = ended + step.think_us
            if planned >= self._options.end_us:
                return
            if step.think_us:
                await self._pacer.until(planned)
            self._measured.record_open(planned, 1)
            try:
                if not await self._operation(session, step, planned):
                    return
            finally:
                self._measured.record_open(planned, -1)
            ended = self._clock()

    async def _operation(self, session: Session[Step], step: Step, planned: int) -> bool:
        """Carry out a step, and record it; False if it was dropped."""
        try:
            entered = await self._in_flight.enter()
        except asyncio.CancelledError:
            self._measured.record_dropped(step.operation, planned=planned)
            raise
        if not entered:
            self._measured.record_dropped(step.operation, planned=planned)
            return False
        sent = self._clock()
        outcome: Outcome | None = Outcome.UNKNOWN
        try:
            outcome = await self._perform(session, step, Start(self._unix_start + planned, self._unix_start + sent))
        finally:
            self._in_flight.leave()
            if outcome is not None:
                self._measured.record(step.operation, outcome, planned=planned, sent=sent, done=self._clock())
        return True

    def _drop_waiting(self, planned: Iterator[Session[Step]]) -> None:
        """Count the sessions that should have begun by now and did not, because the generator was too slow."""
        now = self._clock()
        for session in chain(self._waiting.values(), planned):
            if session.start_us > now:
                break
            for step in islice(session.steps, 1):
                self._measured.record_dropped(step.operation, planned=session.start_us + step.think_us)

    async def _report(self) -> None:
        for due in count(SECOND, SECOND):
            await asyncio.sleep((due - self._clock()) / SECOND)
            self._hand_over()

    def _hand_over(self) -> None:
        now, cpu = self._clock(), time.thread_time_ns()
        before, cpu_before = self._busy_since
        self._measured.record_busy(self._worker, now=now, busy=(cpu - cpu_before) // 1000, elapsed=now - before)
        self._busy_since = (now, cpu)
        part, self._measured = self._measured, Measurements()
        self._deliver(part)
