"""Verdicts: what counts as data, as slow and as recovered, and when nothing can be said."""

from __future__ import annotations

import pytest

from simulator.measure.judging import Judgement, Verdict, judged
from simulator.measure.measurements import SECOND, Measurements
from simulator.measure.outcomes import Outcome
from simulator.measure.ranges import FaultTime, Timeline, TimeRange
from simulator.measure.slo import parse_slo
from simulator.measure.summary import NO_ANSWER

TIMELINE = Timeline(
    TimeRange(0, 40 * SECOND),
    [
        FaultTime("kill:search", TimeRange(10 * SECOND, 15 * SECOND)),
        FaultTime("pause:broker", TimeRange(25 * SECOND, 26 * SECOND)),
    ],
)


def a_run() -> Measurements:
    """Ten searches a second: 10 ms, in the first fault and two seconds after it 900 ms, in the second no answer."""
    measurements = Measurements()
    for number in range(400):
        planned = number * SECOND // 10
        second = planned // SECOND
        latency = 900_000 if 10 <= second < 17 else 10_000
        outcome = Outcome.UNKNOWN if second == 25 else Outcome.OK
        measurements.record("search", outcome, planned=planned, sent=planned, done=planned + latency)
    return measurements


def verdict(text: str, measurements: Measurements | None = None) -> Judgement:
    return judged(parse_slo(text), measurements or a_run(), TIMELINE)


@pytest.mark.parametrize(
    ("text", "met", "measured"),
    [
        ("search.p50<11ms", Verdict.MET, 10_000),
        ("search.p90<11ms", Verdict.MISSED, 900_000),
        ("search.p99<11ms before fault", Verdict.MET, 10_000),
        ("search.p99<11ms before pause:broker", Verdict.MISSED, 900_000),
        ("search.p50<1s during kill:search", Verdict.MET, 900_000),
        ("search.p99<1m during fault", Verdict.MISSED, NO_ANSWER),
        ("search.p83<1s during fault", Verdict.MET, 900_000),
        ("search.p84<1m during fault", Verdict.MISSED, NO_ANSWER),
        ("search.max<11ms after fault", Verdict.MET, 10_000),
        ("search.mean<11ms after fault", Verdict.MET, 10_000),
        ("search.mean<1m", Verdict.MISSED, NO_ANSWER),
        ("search.unknown<2%", Verdict.MISSED, 2.5),
        ("search.ok>97%", Verdict.MET, 97.5),
        ("search.unknown<=0% before pause:broker", Verdict.MET, 0),
        ("search.late<=0%", Verdict.MET, 0),
        ("search.rate>9/s", Verdict.MET, 9.75),
        ("search.p99<50ms within 3s after kill:search", Verdict.MET, 2 * SECOND),
        ("search.p99<50ms within 1s after kill:search", Verdict.MISSED, 2 * SECOND),
        ("search.p99<50ms within 2s after fault", Verdict.MET, 2 * SECOND),
        ("search.p99<1ms within 9s after fault", Verdict.MISSED, NO_ANSWER),
    ],
)
def test_an_objective_is_met_or_missed_by_the_figure_it_is_about(text: str, met: Verdict, measured: float) -> None:
    judgement = verdict(text)
    assert judgement.verdict is met
    assert judgement.measured == pytest.approx(measured, rel=0.001)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("place-order.p99<1m", "no data: there was no place-order"),
        ("place-order.failed<=100%", "no data: there was no place-order"),
        ("search.failed<=100% during kill:order", "no data: there was no kill:order"),
        ("place-order.p99<1m within 1m after fault", "no data: there was no place-order within 1m after fault"),
    ],
)
def test_no_data_means_missed(text: str, reason: str) -> None:
    judgement = verdict(text)
    assert (judgement.verdict, judgement.samples, judgement.reason) == (Verdict.MISSED, 0, reason)


def test_the_reason_says_how_many_had_no_answer() -> None:
    assert verdict("search.p99<1m during fault").reason == "10 of 60 operations had no answer"


@pytest.mark.parametrize("busy", [True, False])
def test_a_generator_that_was_the_limit_makes_latency_and_rate_unknown(busy: bool) -> None:
    limited = a_run()
    for second in range(30, 40):
        limited.record_busy(0, now=(second + 1) * SECOND, busy=SECOND // 2, elapsed=SECOND)
        limited.record_busy(1, now=(second + 1) * SECOND, busy=SECOND * 9 // 10 if busy else 0, elapsed=SECOND)
        limited.record_pacing(second * SECOND, 20 if busy else 9_000)
    expected = "worker 1 was busy 90% of the time" if busy else "1 % of the operations started 9.0 ms late or later"
    for text in ("search.p99<1m after fault", "search.p99<1us after fault", "search.rate>1/s after fault"):
        judgement = verdict(text, limited)
        assert (judgement.verdict, judgement.reason) == (Verdict.UNKNOWN, f"generator-limited: {expected}")
    assert verdict("search.ok>=100% after fault", limited).verdict is Verdict.MET
    assert verdict("search.p99<50ms before fault", limited).verdict is Verdict.MET
    assert verdict("place-order.p99<1m", limited).verdict is Verdict.MISSED


def test_a_pacing_error_is_harmless_where_latencies_are_far_longer() -> None:
    slow = Measurements()
    for second in range(40):
        planned = second * SECOND
        slow.record("search", Outcome.OK, planned=planned, sent=planned + 9_000, done=planned + 300_000)
        slow.record_pacing(planned, 9_000)
    assert verdict("search.p99<1s", slow).verdict is Verdict.MET


def test_one_good_interval_is_no_recovery() -> None:
    measurements = Measurements()
    for second in range(40):
        latency = 10_000 if second < 10 or second in (16, 18) or second >= 21 else 900_000
        planned = second * SECOND
        measurements.record("search", Outcome.OK, planned=planned, sent=planned, done=planned + latency)
    assert verdict("search.max<50ms within 10s after kill:search", measurements).measured == 6 * SECOND


def test_intervals_without_data_neither_make_nor_break_a_recovery() -> None:
    measurements = Measurements()
    for second in (2, 20, 24, 30):
        planned = second * SECOND
        measurements.record("search", Outcome.OK, planned=planned, sent=planned, done=planned + 10)
    assert verdict("search.max<50ms within 10s after kill:search", measurements).measured == 5 * SECOND
    del measurements.operations["search"][30]
    assert verdict("search.max<50ms within 10s after kill:search", measurements).verdict is Verdict.MISSED


def test_a_fault_that_is_in_a_part_of_an_interval_belongs_to_all_of_it() -> None:
    timeline = Timeline(TimeRange(0, 9_500_000), [FaultTime("cut", TimeRange(2_900_000, 4_100_000))])
    assert timeline.before("cut", SECOND) == {0, 1}
    assert timeline.during("cut", SECOND) == {2, 3, 4}
    assert timeline.after("cut", SECOND) == {5, 6, 7, 8, 9}
