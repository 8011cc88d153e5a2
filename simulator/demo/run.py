"""Runs the demo: start a marketplace, walk through it, read the events back from Kafka, and leave nothing behind.

The modules of the walkthrough are imported while the marketplace starts: that takes a third of a second.
"""

from __future__ import annotations

import asyncio
import signal
import time
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from simulator.demo.output import DemoOutput, duration_text
from simulator.demo.report import Report
from simulator.demo.steps import StepFailed, Steps, Unexpected, expect
from simulator.marketplace_process import MarketplaceProcess, NotStarted, StartOptions
from simulator.trace.flow import Flow

if TYPE_CHECKING:
    from simulator.demo.topic_positions import TopicPositions
    from simulator.demo.walkthrough import Walkthrough

PASSED, WRONG_OUTCOME, NOT_STARTED, INTERRUPTED = 0, 1, 69, 130
"""The exit codes."""

_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Demo:
    """One showing of the demo."""

    def __init__(self, options: StartOptions, output: DemoOutput) -> None:
        self._output = output
        self._began = time.monotonic()
        self._ending = False
        self._steps = Steps(output)
        self._marketplace = MarketplaceProcess(options, output.progress)
        self._walkthrough: Walkthrough | None = None
        self._positions: TopicPositions | None = None
        self._flow: Flow | None = None

    async def run(self) -> Report:
        """Show it, and end the marketplace in every case."""
        code = WRONG_OUTCOME
        try:
            code = await self._walk_through()
        except asyncio.CancelledError:
            code = INTERRUPTED
            self._output.quiet()
            self._output.text(["", "Interrupted."])
        except SystemExit:  # how rich ends a program whose output is not read any more
            code = INTERRUPTED
            raise
        finally:
            self._ending = True
            self._output.quiet()
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

    def interrupt(self, running: asyncio.Task[Report]) -> None:
        """Break the walkthrough off; where it is at its end already, end the marketplace without letting it drain."""
        if self._ending:
            self._marketplace.kill_now()
        else:
            running.cancel()

    async def _walk_through(self) -> int:
        try:
            await self._steps.take("A marketplace starts", self._start)
        except StepFailed:
            return NOT_STARTED
        from simulator.demo.actors import Actors, answered
        from simulator.demo.walkthrough import Walkthrough

        async with AsyncExitStack() as exits:
            actors = Actors(self._marketplace.state.gateway, exits)
            admin = self._marketplace.state.user("admin")
            self._walkthrough = Walkthrough(actors, admin, seller=await actors.enter(), shopper=await actors.enter())
            try:
                for action, act in self._walkthrough.steps():
                    await self._steps.take(action, answered(act))
                await self._steps.take("Kafka tells the same of the paid order", self._read_back)
            except StepFailed:
                return WRONG_OUTCOME
        return PASSED

    async def _start(self) -> str:
        await self._marketplace.begin()
        import simulator.demo.walkthrough  # noqa: F401 - for later
        from simulator.demo.topic_positions import positions_before

        try:
            state = await self._marketplace.ready()
        except NotStarted as error:
            raise Unexpected(str(error)) from error
        self._positions = await asyncio.to_thread(positions_before, state.kafka, state.kafka_config)
        return f"{len(state.services)} services, {state.kafka.mode} Kafka"

    async def _read_back(self) -> str:
        from simulator.demo.topic_positions import compare_with_expected, read_flow

        assert self._walkthrough is not None
        assert self._positions is not None
        self._flow = await asyncio.to_thread(
            read_flow, self._positions, self._walkthrough.paid_id, self._walkthrough.placed_at
        )
        return compare_with_expected(self._flow)

    async def _end(self, code: int) -> int:
        """End the marketplace; the data directory stays only where the logs must be read."""
        try:
            await self._steps.take("The marketplace ends", self._stop)
        except StepFailed:
            code = code or WRONG_OUTCOME
        if code in (PASSED, INTERRUPTED):
            self._marketplace.remove()
        return code

    async def _stop(self) -> str:
        left = await self._marketplace.stop()
        expect(not left, f"these processes are still there: {', '.join(map(str, left))}")
        return "no process is left"

    def _first_paid(self) -> float | None:
        return (
            self._walkthrough.paid_at - self._began
            if self._walkthrough is not None and self._walkthrough.paid_at
            else None
        )

    def _sum_up(self, report: Report) -> None:
        if report.flow is not None and report.flow.events:
            self._output.title("The paid order as events; below each, who consumed it and when")
            self._output.flow(report.flow)
        paid = report.first_paid_seconds
        seconds = duration_text(report.seconds)
        first = f" First order PAID {duration_text(paid)} after the start." if paid is not None else ""
        if report.exit_code == PASSED:
            self._output.text(["", f"Every outcome is right, in {seconds}.{first}"], "bold green")
        elif report.exit_code != INTERRUPTED:
            failed = ", ".join(f"“{step.action}”" for step in report.steps if not step.ok)
            self._output.text(["", f"Failed at {failed}."], "bold red")
            self._output.text([f"The logs are in {self._marketplace.logs}", "Remove them when you have read them."])


async def _run(options: StartOptions, output: DemoOutput) -> Report:
    demo = Demo(options, output)
    running = asyncio.create_task(demo.run())
    loop = asyncio.get_running_loop()
    for number in _STOP_SIGNALS:
        loop.add_signal_handler(number, demo.interrupt, running)
    return await running


def run_demo(options: StartOptions, output: DemoOutput) -> Report:
    """Show the demo once."""
    return asyncio.run(_run(options, output))
