"""The load of one process: sessions start when they are planned, and every planned operation is counted once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.engine.in_flight import WhenFull
from simulator.engine.load import Load, LoadOptions
from simulator.engine.session import Perform, Session, Start, Step
from simulator.measure.measurements import SECOND, Measurements, merged
from simulator.measure.outcomes import Outcome
from simulator.measure.summary import NO_ANSWER, Summary, summarized
from tests.unit.simulator.sessions import SomeSession, SomeStep, at_rate
from tests.unit.simulator.virtual_time import clock, in_virtual_time, measured

MINUTE = LoadOptions(end_us=60 * SECOND)


def summary_of(measurements: Measurements, operation: str = "ask") -> Summary:
    return summarized(measurements, operation, measurements.operations.get(operation, {}).keys())


def taking(microseconds: int) -> Perform:
    async def perform(_session: Session[Step], _step: Step, _start: Start) -> Outcome:
        await asyncio.sleep(microseconds / SECOND)
        return Outcome.OK

    return perform


def test_sessions_do_not_wait_for_each_other() -> None:
    begun: list[int] = []

    async def perform(_session: Session[Step], _step: Step, _start: Start) -> Outcome:
        begun.append(clock())
        await asyncio.sleep(30)
        return Outcome.OK

    measurements = measured(MINUTE, at_rate(10, 1), perform)
    assert begun == [number * SECOND // 10 for number in range(10)]
    assert summary_of(measurements).start_lag.highest == 0


def test_a_step_is_planned_for_the_end_of_the_one_before_it_and_its_think_time() -> None:
    begun: list[tuple[str, int]] = []

    async def perform(_session: Session[Step], step: Step, _start: Start) -> Outcome:
        begun.append((step.operation, clock()))
        await asyncio.sleep(0.2)
        return Outcome.REFUSED

    steps = (SomeStep("search"), SomeStep("add"), SomeStep("buy", 3 * SECOND))
    measurements = measured(MINUTE, [SomeSession(SECOND, steps)], perform)
    assert begun == [("search", SECOND), ("add", 1_200_000), ("buy", 4_400_000)]
    assert {name: summary_of(measurements, name).response.sum for name in ("search", "add", "buy")} == dict.fromkeys(
        ("search", "add", "buy"), 200_000
    )


def test_a_step_with_nothing_to_do_is_not_measured_and_the_session_goes_on() -> None:
    async def perform(_session: Session[Step], step: Step, start: Start) -> Outcome | None:
        assert start == (SECOND, SECOND)
        return None if step.operation == "skip" else Outcome.OK

    measurements = measured(MINUTE, [SomeSession(SECOND, (SomeStep("skip"), SomeStep("ask")))], perform)
    assert set(measurements.operations) == {"ask"}


def test_a_session_may_decide_by_the_result_of_a_step() -> None:
    results: list[Outcome] = []

    def steps() -> Iterator[SomeStep]:
        yield SomeStep("buy")
        if results[-1] is Outcome.REFUSED:
            yield SomeStep("search")

    async def perform(_session: Session[Step], step: Step, _start: Start) -> Outcome:
        results.append(Outcome.REFUSED if step.operation == "buy" else Outcome.OK)
        return results[-1]

    measured(MINUTE, [SomeSession(0, steps())], perform)
    assert results == [Outcome.REFUSED, Outcome.OK]


def test_with_too_many_in_flight_an_operation_waits_and_that_is_response_time() -> None:
    options = LoadOptions(end_us=SECOND, max_in_flight=2)
    summary = summary_of(measured(options, at_rate(1000, 0.006), taking(100_000)))
    assert summary.counts[Outcome.OK] == 6
    assert (summary.service.highest, summary.response.highest) == (100_000, 296_000)
    assert summary.late == 4


def test_with_too_many_in_flight_an_operation_may_be_dropped_which_is_counted_and_ends_its_session() -> None:
    options = LoadOptions(end_us=SECOND, max_in_flight=2, when_full=WhenFull.DROP)
    steps = (SomeStep("search"), SomeStep("buy"))
    sessions = [SomeSession(number * 1000, steps) for number in range(6)]
    measurements = measured(options, sessions, taking(100_000))
    assert summary_of(measurements, "search").counts[Outcome.DROPPED] == 4
    assert summary_of(measurements, "buy").counts == {**dict.fromkeys(Outcome, 0), Outcome.OK: 2}


def test_what_is_in_flight_after_the_drain_is_unknown_with_the_time_it_had() -> None:
    options = LoadOptions(end_us=2 * SECOND, drain_us=2_500_000)
    measurements = measured(options, at_rate(1, 5), taking(4 * SECOND))
    summary = summary_of(measurements)
    assert (summary.offered, summary.counts[Outcome.OK], summary.counts[Outcome.UNKNOWN]) == (2, 1, 1)
    unknown = measurements.operations["ask"][1].cells[Outcome.UNKNOWN]
    assert unknown.response.highest == 3_500_000
    assert (summary.response_percentile(50), summary.response_percentile(51)) == (4 * SECOND, NO_ANSWER)


def test_no_step_begins_at_the_end_of_the_run_or_later() -> None:
    endless = (SomeStep(think_us=100_000) for _ in iter(int, 1))
    summary = summary_of(measured(LoadOptions(end_us=SECOND), [SomeSession(0, endless)], taking(100_000)))
    assert summary.counts[Outcome.OK] == 5


def test_a_closed_loop_has_as_many_in_flight_as_it_has_users() -> None:
    def user() -> Iterator[SomeStep]:
        while True:
            yield SomeStep(think_us=30_000)

    users = [SomeSession(0, user()) for _ in range(7)]
    summary = summary_of(measured(LoadOptions(end_us=10 * SECOND), users, taking(70_000)))
    assert summary.counts[Outcome.OK] == 7 * 100
    assert summary.response == summary.service


def test_a_run_that_is_cancelled_hands_over_what_it_measured() -> None:
    parts: list[Measurements] = []

    async def main() -> None:
        load = asyncio.create_task(Load(MINUTE, taking(3 * SECOND), clock, parts.append).run(at_rate(1, 60)))
        await asyncio.sleep(4.5)
        load.cancel()
        with pytest.raises(asyncio.CancelledError):
            await load

    in_virtual_time(main)
    counts = summary_of(merged(parts)).counts
    assert (counts[Outcome.OK], counts[Outcome.UNKNOWN], sum(counts.values())) == (2, 3, 5)


def test_a_bug_in_a_step_ends_the_run() -> None:
    async def perform(_session: Session[Step], _step: Step, _start: Start) -> Outcome:
        raise KeyError("bug")

    with pytest.raises(ExceptionGroup) as caught:
        measured(MINUTE, at_rate(1, 60), perform)
    assert caught.group_contains(KeyError, match="bug")


def test_a_run_whose_measurements_cannot_be_handed_over_ends() -> None:
    def deliver(_part: Measurements) -> None:
        raise BrokenPipeError

    async def main() -> None:
        await Load(MINUTE, taking(1), clock, deliver).run(at_rate(1, 60))

    with pytest.raises((ExceptionGroup, BrokenPipeError)):
        in_virtual_time(main)


def test_measurements_are_handed_over_in_every_interval() -> None:
    parts: list[Measurements] = []

    async def main() -> None:
        await Load(MINUTE, taking(1000), clock, parts.append).run(at_rate(10, 3))

    in_virtual_time(main)
    assert [summary_of(part).offered for part in parts] == [10, 10, 10]


sessions = st.lists(
    st.tuples(
        st.integers(0, 3 * SECOND),
        st.lists(st.builds(SomeStep, st.just("ask"), st.sampled_from([0, 1, SECOND])), min_size=1, max_size=3),
    ),
    max_size=12,
)


@settings(max_examples=40, deadline=None)
@given(sessions, st.sampled_from([None, 1, 3]), st.sampled_from(WhenFull), st.integers(0, 2 * SECOND))
def test_whatever_happens_every_session_that_was_planned_in_time_is_counted(
    drawn: list[tuple[int, list[SomeStep]]], limit: int | None, when_full: WhenFull, service: int
) -> None:
    in_order = sorted(drawn, key=lambda session: session[0])
    first_only = [SomeSession(start, steps[:1]) for start, steps in in_order]
    whole = [SomeSession(start, steps) for start, steps in in_order]
    options = LoadOptions(end_us=2 * SECOND, drain_us=SECOND, max_in_flight=limit, when_full=when_full)
    offered = sum(start + steps[0].think_us < options.end_us for start, steps in drawn)
    assert summary_of(measured(options, first_only, taking(service))).offered == offered
    measurements = measured(options, whole, taking(service))
    assert summary_of(measurements).offered >= offered
    assert not any(measurements.open.values())
