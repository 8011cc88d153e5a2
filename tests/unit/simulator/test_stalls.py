"""Latency is true: a server that stalls for 1 s in every 10 s, against the arithmetic of its stalls.

Of operations that are planned evenly, a tenth comes in a stall, and waits for the rest of it: from 0 to 1 s, evenly.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
import uvloop

from simulator.engine.http import ClientSender, Request
from simulator.engine.load import Load, LoadOptions
from simulator.engine.session import Session, Start, Step
from simulator.measure.measurements import SECOND, Measurements, merged
from simulator.measure.outcomes import Outcome
from simulator.measure.summary import Summary, summarized
from tests.unit.simulator import stalling_server
from tests.unit.simulator.sessions import SomeSession, SomeStep, at_rate
from tests.unit.simulator.stalling_server import PERIOD, stall_left
from tests.unit.simulator.virtual_time import clock, measured, wait_until

SERVICE = 1_000
RATE = 500
SECONDS = 10
PERCENTS = (50.0, 80.0, 90.0, 95.0, 99.0, 99.9)


async def stalling(_session: Session[Step], _step: Step, _start: Start) -> Outcome:
    """A millisecond of service, after the stall if there is one."""
    now = clock()
    await wait_until(now + stall_left(now) + SERVICE)
    return Outcome.OK


def all_of(measurements: Measurements) -> Summary:
    return summarized(measurements, "ask", measurements.operations["ask"].keys())


def delayed(percent: float, share: float) -> float:
    """The percentile of a latency of `SERVICE` to which for `share` of the operations 0 to 1 s are added, evenly."""
    return SERVICE + SECOND * max(0.0, percent / 100 - (1 - share)) / share


def test_percentiles_from_the_planned_start_agree_with_the_arithmetic() -> None:
    summary = all_of(measured(LoadOptions(end_us=SECONDS * SECOND), at_rate(RATE, SECONDS), stalling))
    assert summary.counts[Outcome.OK] == RATE * SECONDS
    for percent in PERCENTS:
        assert summary.response_percentile(percent) == pytest.approx(delayed(percent, 0.1), rel=0.01)


def test_with_one_connection_the_corrected_percentiles_are_true_and_the_raw_ones_hide_the_stalls() -> None:
    """Half of the capacity is used: what has waited is worked off in another second, so a fifth is delayed."""
    options = LoadOptions(end_us=SECONDS * SECOND, max_in_flight=1)
    summary = all_of(measured(options, at_rate(RATE, SECONDS), stalling))
    assert summary.counts[Outcome.OK] == RATE * SECONDS
    for percent in PERCENTS:
        assert summary.response_percentile(percent) == pytest.approx(delayed(percent, 0.2), rel=0.01)
        assert summary.service_percentile(percent) == pytest.approx(SERVICE, rel=0.01)
    assert summary.service_percentile(100) == pytest.approx(SECOND, rel=0.01)


def test_a_closed_loop_does_not_see_the_stalls() -> None:
    def user() -> Iterator[SomeStep]:
        while True:
            yield SomeStep(think_us=SERVICE)

    summary = all_of(measured(LoadOptions(end_us=SECONDS * SECOND), [SomeSession(0, user())], stalling))
    assert summary.response_percentile(99.9) == pytest.approx(SERVICE, rel=0.01)


@pytest.fixture
def server() -> Iterator[str]:
    """The address of a real server that stalls."""
    with subprocess.Popen([sys.executable, stalling_server.__file__], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.terminate()


@pytest.mark.slow
def test_no_percentile_of_a_real_server_that_stalls_is_below_the_arithmetic(server: str) -> None:
    """One load without a limit, and one with a single connection, at the same time and for two periods.

    A busy machine adds to the times of the arithmetic, so that only virtual time can say that they are equal.
    """
    start = time.monotonic_ns()
    options = LoadOptions(end_us=2 * PERIOD)
    single = LoadOptions(end_us=2 * PERIOD, max_in_flight=1)

    def now() -> int:
        return (time.monotonic_ns() - start) // 1000

    async def load(options: LoadOptions, deliver: Callable[[Measurements], None]) -> None:
        async with ClientSender(server, timeout=timedelta(seconds=5)) as sender:

            async def perform(_session: Session[Step], _step: Step, _start: Start) -> Outcome:
                return (await sender.send(Request("GET", "/"))).outcome

            await Load(options, perform, now, deliver).run(at_rate(200, 20))

    async def both() -> tuple[Summary, Summary]:
        unlimited: list[Measurements] = []
        limited: list[Measurements] = []
        await asyncio.gather(load(options, unlimited.append), load(single, limited.append))
        return all_of(merged(unlimited)), all_of(merged(limited))

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        summary, of_one_connection = runner.run(both())
    assert summary.counts[Outcome.OK] == of_one_connection.counts[Outcome.OK] == 4000
    for percent in (95.0, 99.0, 99.9):
        measured_here = summary.response_percentile(percent)
        assert measured_here is not None
        assert measured_here > 0.99 * SECOND * (percent / 100 - 0.9) / 0.1
    corrected, raw = of_one_connection.response_percentile(99), of_one_connection.service_percentile(99)
    assert corrected is not None and raw is not None
    assert corrected > 0.9 * SECOND > 10 * raw
