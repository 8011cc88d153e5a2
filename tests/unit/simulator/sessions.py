"""Sessions and workloads for tests of the load generator."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from simulator.engine.session import Perform, Session, Start, Step
from simulator.measure.outcomes import Outcome

SLOW_SECONDS = 0.03


@dataclass(frozen=True)
class SomeStep:
    operation: str = "ask"
    think_us: int = 0


@dataclass(frozen=True)
class SomeSession:
    start_us: int
    steps: Iterable[SomeStep] = (SomeStep(),)


def at_rate(rate: int, seconds: float) -> list[Session[Step]]:
    """Sessions of one step each, evenly spaced."""
    gap = 1_000_000 // rate
    return [SomeSession(number * gap) for number in range(round(rate * seconds))]


@dataclass(frozen=True)
class SomeWorkload:
    """Steps that are carried out at once, but for the step of the session that starts at `odd_us`."""

    rate: int
    seconds: float
    odd_us: int = -1
    odd: str = ""

    def sessions(self) -> Iterable[Session[Step]]:
        return at_rate(self.rate, self.seconds)

    @asynccontextmanager
    async def performing(self) -> AsyncIterator[Perform]:
        yield self.perform

    async def perform(self, session: Session[Step], step: Step, _start: Start) -> Outcome:
        await asyncio.sleep(0)
        if session.start_us == self.odd_us:
            if self.odd == "slow":
                await asyncio.sleep(SLOW_SECONDS)
                return Outcome.OK
            if self.odd == "killed":
                os.kill(os.getpid(), signal.SIGKILL)
            raise RuntimeError("a bug in a step")
        return Outcome.OK
