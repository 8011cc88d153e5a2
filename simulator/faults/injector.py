"""The injector: carries out planned faults at their times, clears each whatever happens, and records what it met."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NamedTuple

from services_stub.client.control import ControlError, NotAnswering, NotPossible, UnknownTarget
from simulator.faults.commands import BROKER, Control, action_of, completed, ending_of, lasting_of
from simulator.faults.kinds import SECOND, Place
from simulator.faults.planned import PlannedFault
from simulator.history import FaultRecord

INTERRUPTED = "the run was interrupted before it"
_LOOK_SECONDS = 0.25
_BACK_SECONDS = 60.0
_CLEAR_SECONDS = 30.0


class Activity(NamedTuple):
    """A run at one moment: the sagas that are open, the requests in flight, and how many of each have begun so far."""

    open_sagas: int
    requests_in_flight: int
    sagas_begun: int = 0
    requests_begun: int = 0


@dataclass(slots=True)
class _Course:
    """The course of one fault: moments in microseconds of Unix time, and what came in its way.

    `pid` is the process that was ended, 0 where none was; `struck` is what the control API has counted.
    """

    before: Activity
    begun_at: int = 0
    ended_at: int = 0
    pid: int = 0
    struck: int | None = None
    notes: list[str] = field(default_factory=list)


class _NotBack(Exception):
    """A process that was killed or restarted is not back; the text names it."""


class Injector:
    """Carries out faults on one target.

    `clock` gives microseconds of Unix time, `activity` what goes on, and `record` keeps what is told of each fault.
    """

    def __init__(
        self,
        control: Control,
        *,
        clock: Callable[[], int],
        activity: Callable[[], Activity],
        record: Callable[[FaultRecord], None],
    ) -> None:
        self.in_force: list[PlannedFault] = []
        """The faults that have begun and not ended, for those who watch."""
        self._control = control
        self._clock, self._activity, self._record = clock, activity, record

    async def run(self, faults: Sequence[PlannedFault], started_at: int) -> None:
        """Carry out the faults of a load that starts at a moment; return when all are over.

        Each is recorded once, also where this is cancelled: then those in force are cleared before this returns.
        """
        async with asyncio.TaskGroup() as group:
            for fault in faults:
                group.create_task(self._carry_out(fault, started_at))

    async def _carry_out(self, fault: PlannedFault, started_at: int) -> None:
        course = _Course(before=self._activity())
        try:
            await self._until(started_at + fault.at)
            course.before = self._activity()
            try:
                await self._begin(fault, course)
                self.in_force.append(fault)
                await self._last(fault, course)
            finally:
                await completed(self._end(fault, course))
        except (ControlError, _NotBack) as problem:
            course.notes.append(str(problem))
        except asyncio.CancelledError:
            course.notes += [] if course.begun_at else [INTERRUPTED]
            raise
        finally:
            self._record(self._recorded(fault, course, started_at + fault.at))

    async def _begin(self, fault: PlannedFault, course: _Course) -> None:
        """Put a fault into force; one that is refused, or of which nothing is known, has not begun."""
        course.begun_at = self._clock()
        try:
            await self._command(fault, course)
        except ControlError:
            course.begun_at = 0
            raise

    async def _command(self, fault: PlannedFault, course: _Course) -> None:
        if (lasting := lasting_of(fault)) is not None:
            await self._control.apply(lasting)
        elif (action := action_of(fault)) is not None:
            course.pid = await self._pid(fault) if _ends_process(fault) else 0
            await self._control.act(action)

    async def _last(self, fault: PlannedFault, course: _Course) -> None:
        """Wait until a fault is to end; a kill also strikes the successors, and ends when the last of them works."""
        end = course.begun_at + fault.lasts
        action = action_of(fault)
        if action is None or not _ends_process(fault):
            await self._until(end)
            return
        while self._clock() < end:
            await asyncio.sleep(min(_LOOK_SECONDS, (end - self._clock()) / SECOND))
            if (pid := await self._pid(fault)) not in (0, course.pid):
                course.pid = pid
                await self._control.act(action)
        try:
            async with asyncio.timeout(_BACK_SECONDS):
                while not await self._is_back(fault, course.pid):
                    await asyncio.sleep(_LOOK_SECONDS)
        except TimeoutError:
            raise _NotBack(f"{fault.target} was not back within {_BACK_SECONDS:g} s") from None

    async def _end(self, fault: PlannedFault, course: _Course) -> None:
        """Clear a fault, also one of which it is not certain that it began."""
        lasting, action = lasting_of(fault), ending_of(fault)
        try:
            if lasting is not None:
                course.struck = await self._struck(lasting.id)
                await _insisted(lambda: self._control.clear(lasting.id))
            elif action is not None:
                await _insisted(lambda: self._control.act(action))
        except ControlError as problem:
            course.notes.append(f"not cleared: {problem}")
        else:
            course.ended_at = self._clock() if course.begun_at else 0
        if fault in self.in_force:
            self.in_force.remove(fault)

    async def _struck(self, fault_id: str) -> int | None:
        """The count that the control API has of a fault in force; None where it has none, or does not answer."""
        with suppress(ControlError):
            return next((active.hits for active in await self._control.faults() if active.id == fault_id), None)
        return None

    async def _pid(self, fault: PlannedFault) -> int:
        return (await self._control.status()).pid_of(_process_of(fault))

    async def _is_back(self, fault: PlannedFault, ended: int) -> bool:
        """Whether the process that a fault has ended has a successor that works."""
        status = await self._control.status()
        ready = fault.kind.place is Place.BROKER or status.service(fault.target).ready
        return ready and status.pid_of(_process_of(fault)) not in (0, ended)

    async def _until(self, moment: int) -> None:
        while (left := moment - self._clock()) > 0:
            await asyncio.sleep(left / SECOND)

    def _recorded(self, fault: PlannedFault, course: _Course, planned_at: int) -> FaultRecord:
        sagas = requests = 0
        if course.begun_at:
            before, now = course.before, self._activity()
            sagas = before.open_sagas + now.sagas_begun - before.sagas_begun
            requests = before.requests_in_flight + now.requests_begun - before.requests_begun
        return FaultRecord(
            kind=fault.kind.word,
            target=fault.target,
            planned_at=planned_at,
            begun_at=course.begun_at,
            ended_at=course.ended_at,
            hit_sagas=sagas,
            hit_requests=requests,
            amount=fault.amount,
            struck=course.struck,
            note="; ".join(_notes(fault, course)),
        )


def _notes(fault: PlannedFault, course: _Course) -> Iterator[str]:
    if fault.kind.amount:
        yield fault.amount_words
    if course.struck is not None:
        yield f"struck {course.struck:,}"
    yield from course.notes


def _process_of(fault: PlannedFault) -> str:
    return BROKER if fault.kind.place is Place.BROKER else fault.target


def _ends_process(fault: PlannedFault) -> bool:
    return fault.kind.word in ("kill", "restart")


async def _insisted(call: Callable[[], Awaitable[None]]) -> None:
    """Call until it is done, for example while a service is being started again; a fault that is gone is cleared."""
    deadline = asyncio.get_running_loop().time() + _CLEAR_SECONDS
    while True:
        try:
            await call()
        except UnknownTarget:
            return
        except (NotPossible, NotAnswering):
            if asyncio.get_running_loop().time() > deadline:
                raise
            await asyncio.sleep(_LOOK_SECONDS)
        else:
            return
