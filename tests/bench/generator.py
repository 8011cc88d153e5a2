"""The load generator of the simulator as a program of its own, so that its CPU time can be taken.

`python -m tests.bench.generator closed TARGET USERS SECONDS`, or `open TARGET RATE SECONDS`. The report goes to the
standard output.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Iterable
from datetime import timedelta
from itertools import repeat
from typing import Self

import msgspec
import uvloop

from simulator.engine.http import ClientSender, Request
from simulator.engine.load import Load, LoadOptions
from simulator.engine.session import Session, Start, Step
from simulator.measure.histogram import Histogram
from simulator.measure.measurements import SECOND, Measurements, merged
from simulator.measure.outcomes import Outcome
from tests.unit.simulator.sessions import SomeSession, SomeStep, at_rate


class GeneratorReport(msgspec.Struct):
    """How many requests were answered, and how late they were started, in microseconds."""

    sent: int
    pacing: Histogram

    @classmethod
    def decode(cls, content: bytes) -> Self:
        """Read a report."""
        return msgspec.json.decode(content, type=cls)


async def _ask(target: str, sessions: Iterable[Session[Step]], seconds: int) -> Measurements:
    request = Request("GET", "/order")
    parts: list[Measurements] = []
    async with ClientSender(target, timeout=timedelta(seconds=10)) as sender:

        async def perform(_session: Session[Step], _step: Step, _start: Start) -> Outcome:
            return (await sender.send(request)).outcome

        begun = time.monotonic_ns()

        def clock() -> int:
            return (time.monotonic_ns() - begun) // 1000

        await Load(LoadOptions(end_us=seconds * SECOND), perform, clock, parts.append).run(sessions)
    return merged(parts)


def main() -> None:
    """Make the load."""
    loop, target, number, seconds = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    if loop == "closed":
        sessions: list[Session[Step]] = [SomeSession(0, repeat(SomeStep())) for _ in range(number)]
    else:
        sessions = at_rate(number, seconds)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        measured = runner.run(_ask(target, sessions, seconds))
    pacing = Histogram()
    for second in measured.generator.values():
        pacing.add(second.pacing_error)
    answers = sum(each.answers for each in measured.operations["ask"].values())
    sys.stdout.buffer.write(msgspec.json.encode(GeneratorReport(answers, pacing)))


if __name__ == "__main__":
    main()
