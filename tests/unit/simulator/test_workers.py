"""Worker processes: together they measure what one would, and the loss of one is noticed."""

from __future__ import annotations

import pytest

from simulator.engine.load import LoadOptions
from simulator.engine.workers import WorkerLost, Workers
from simulator.measure.measurements import SECOND, Measurements, merged
from simulator.measure.outcomes import Outcome
from simulator.measure.summary import summarized
from tests.unit.simulator.sessions import SLOW_SECONDS, SomeWorkload

MILLISECOND = 0.001


def ok(parts: list[Measurements]) -> int:
    measurements = merged(parts)
    return summarized(measurements, "ask", measurements.operations.get("ask", {}).keys()).counts[Outcome.OK]


def test_workers_share_the_sessions_and_their_measurements_add_up() -> None:
    parts: list[Measurements] = []
    Workers(SomeWorkload(rate=200, seconds=0.2), LoadOptions(SECOND, max_in_flight=2), 2, parts.append).run()
    assert ok(parts) == 40
    assert {worker for work in merged(parts).generator.values() for worker in work.busy} == {0, 1}


def test_the_first_operation_does_not_begin_before_the_start() -> None:
    parts: list[Measurements] = []
    Workers(SomeWorkload(rate=1, seconds=1, odd_us=0, odd="slow"), LoadOptions(SECOND), 1, parts.append).run()
    response = summarized(merged(parts), "ask", {0}).response
    assert response.percentile(100) >= (SLOW_SECONDS - MILLISECOND) * SECOND


@pytest.mark.slow
@pytest.mark.parametrize(("odd", "reason"), [("killed", "ended in the middle"), ("bug", "a bug in a step")])
def test_the_loss_of_a_worker_ends_the_run_and_what_was_measured_is_kept(odd: str, reason: str) -> None:
    parts: list[Measurements] = []
    workload = SomeWorkload(rate=100, seconds=60, odd_us=1_500_000, odd=odd)
    with pytest.raises(WorkerLost, match=reason):
        Workers(workload, LoadOptions(60 * SECOND), 2, parts.append).run()
    assert 100 <= ok(parts) < 300


@pytest.mark.slow
def test_an_interrupted_run_keeps_what_was_measured() -> None:
    parts: list[Measurements] = []

    def deliver(part: Measurements) -> None:
        parts.append(part)
        if len(parts) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Workers(SomeWorkload(rate=100, seconds=60), LoadOptions(60 * SECOND), 2, deliver).run()
    assert len(parts) >= 4
    assert 100 <= ok(parts) < 300


@pytest.mark.parametrize("workers", [0, 3])
def test_workers_that_have_nothing_to_share_are_refused(workers: int) -> None:
    with pytest.raises(ValueError, match=f"{workers} workers cannot share 2 operations"):
        Workers(SomeWorkload(1, 1), LoadOptions(SECOND, max_in_flight=2), workers, lambda _part: None)
