"""Runs the demo: start a marketplace, tell the story, read it back from Kafka, and leave nothing behind.

What only the story needs is imported while the marketplace starts: that takes a third of a second.
"""

from __future__ import annotations

import asyncio
import signal
import time
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from simulator.demo.host import Host, HostOptions
from simulator.demo.report import Report
from simulator.demo.screen import Screen, duration_text
from simulator.demo.steps import StepFailed, Steps, expect
from simulator.trace.flow import Flow

if TYPE_CHECKING:
    from simulator.demo.story import Story
    from simulator.demo.telling import Ledger

PASSED, WRONG_OUTCOME, NOT_STARTED, INTERRUPTED = 0, 1, 69, 130
"""The exit codes."""

_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Demo:
    """One showing of the demo."""

    def __init__(self, options: HostOptions, screen: Screen) -> None:
        self._screen = screen
        self._began = time.monotonic()
        self._ending = False
        self._steps = Steps(screen)
        self._host = Host(options, screen.heard)
        self._story: Story | None = None
        self._ledger: Ledger | None = None
        self._flow: Flow | None = None

    async def show(self) -> Report:
        """Show it, and end the marketplace in every case."""
        code = WRONG_OUTCOME
        try:
            code = await self._tell()
        except asyncio.CancelledError:
            code = INTERRUPTED
            self._screen.quiet()
            self._screen.text(["", "Interrupted."])
        except SystemExit:  # how rich ends a program whose output nobody reads any more
            code = INTERRUPTED
            raise
        finally:
            self._ending = True
            self._screen.quiet()
            code = await self._end(code)
        report = Report(
            exit_code=code,
            seconds=time.monotonic() - self._began,
            first_paid_seconds=self._first_paid(),
            steps=tuple(self._steps.taken),
            flow=self._flow,
        )
        self._sum_up(report)
        return report

    def interrupt(self, showing: asyncio.Task[Report]) -> None:
        """Break the story off; where it is at its end already, end the marketplace without letting it drain."""
        if self._ending:
            self._host.hurry()
        else:
            showing.cancel()

    async def _tell(self) -> int:
        try:
            await self._steps.take("A marketplace starts", self._start)
        except StepFailed:
            return NOT_STARTED
        from simulator.demo.cast import Cast, answered
        from simulator.demo.story import Story

        async with AsyncExitStack() as exits:
            cast = Cast(self._host.state.gateway, exits)
            admin = self._host.state.account("admin")
            self._story = Story(cast, admin, seller=await cast.enter(), shopper=await cast.enter())
            try:
                for action, act in self._story.steps():
                    await self._steps.take(action, answered(act))
                await self._steps.take("Kafka tells the same of the paid order", self._read_back)
            except StepFailed:
                return WRONG_OUTCOME
        return PASSED

    async def _start(self) -> str:
        await self._host.begin()
        import simulator.demo.story  # noqa: F401 - for later
        from simulator.demo.telling import ledger_of

        state = await self._host.ready()
        self._ledger = await asyncio.to_thread(ledger_of, state.kafka, self._host.options.properties())
        return f"{len(state.services)} services, {state.kafka.mode} Kafka"

    async def _read_back(self) -> str:
        from simulator.demo.telling import read_flow, verdict_of

        assert self._story is not None
        assert self._ledger is not None
        self._flow = await asyncio.to_thread(read_flow, self._ledger, self._story.paid_id, self._story.placed_at)
        return verdict_of(self._flow)

    async def _end(self, code: int) -> int:
        """End the marketplace; the data directory stays only where somebody must look into the logs."""
        try:
            await self._steps.take("The marketplace ends", self._stop)
        except StepFailed:
            code = code or WRONG_OUTCOME
        if code in (PASSED, INTERRUPTED):
            self._host.remove()
        return code

    async def _stop(self) -> str:
        left = await self._host.stop()
        expect(not left, f"these processes are still there: {', '.join(map(str, left))}")
        return "no process is left"

    def _first_paid(self) -> float | None:
        return self._story.paid_at - self._began if self._story is not None and self._story.paid_at else None

    def _sum_up(self, report: Report) -> None:
        if report.flow is not None and report.flow.events:
            self._screen.title("The paid order as events; below each, who consumed it and when")
            self._screen.flow(report.flow)
        paid = report.first_paid_seconds
        seconds = duration_text(report.seconds)
        first = f" First order PAID {duration_text(paid)} after the start." if paid is not None else ""
        if report.exit_code == PASSED:
            self._screen.text(["", f"Every outcome is right, in {seconds}.{first}"], "bold green")
        elif report.exit_code != INTERRUPTED:
            failed = ", ".join(f"“{step.action}”" for step in report.steps if not step.ok)
            self._screen.text(["", f"Failed at {failed}."], "bold red")
            self._screen.text([f"The logs are in {self._host.logs}", "Remove them when you have read them."])


async def _run(options: HostOptions, screen: Screen) -> Report:
    demo = Demo(options, screen)
    showing = asyncio.create_task(demo.show())
    loop = asyncio.get_running_loop()
    for number in _STOP_SIGNALS:
        loop.add_signal_handler(number, demo.interrupt, showing)
    return await showing


def run_demo(options: HostOptions, screen: Screen) -> Report:
    """Show the demo once."""
    return asyncio.run(_run(options, screen))
