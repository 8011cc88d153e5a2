"""Verdicts: SLOs against measurements.

No data means missed: an objective about operations that never happened was not met. Where the generator was the limit,
an objective about latency or rate is unknown, however the figure looks.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from enum import Enum

from simulator.measure.measurements import Measurements
from simulator.measure.outcomes import Outcome
from simulator.measure.ranges import Timeline, TimeRange
from simulator.measure.self_check import latency_limit
from simulator.measure.slo import SHARES, FaultClause, Relation, Slo
from simulator.measure.summary import NO_ANSWER, Summary, summarized

RECOVERED_AFTER = 3
"""So many intervals with data, one after the other, make a recovery: a single good one may be chance."""


class Verdict(Enum):
    """The result of an SLO."""

    MET = "met"
    MISSED = "missed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Judgement:
    """`measured` is in the unit of the statistic, for `within` the microseconds to recover; None without data."""

    slo: Slo
    verdict: Verdict
    measured: float | None
    samples: int
    reason: str = ""


def judged(slo: Slo, measurements: Measurements, timeline: Timeline) -> Judgement:
    """Whether a run met an objective."""
    intervals = _intervals(slo.clause, measurements.interval, timeline)
    summary = summarized(measurements, slo.operation, intervals)
    if not summary.offered:
        return Judgement(slo, Verdict.MISSED, None, 0, _nothing(slo, timeline))
    recovering = slo.clause is not None and slo.clause.relation is Relation.WITHIN
    measured = _recovery(slo, measurements, timeline) if recovering else statistic_of(slo, summary)
    met = measured is not None and (_recovered_in_time(slo, measured) if recovering else slo.holds(measured))
    limit = None if slo.statistic in SHARES - {"late"} else latency_limit(measurements, intervals, summary)
    if limit is not None:
        return Judgement(slo, Verdict.UNKNOWN, measured, summary.offered, f"generator-limited: {limit}")
    reason = ""
    if not met and measured == NO_ANSWER:
        unanswered = summary.offered - summary.response.total
        reason = "it did not recover" if recovering else f"{unanswered} of {summary.offered} operations had no answer"
    return Judgement(slo, Verdict.MET if met else Verdict.MISSED, measured, summary.offered, reason)


def statistic_of(slo: Slo, summary: Summary) -> float | None:
    """The figure that an objective is about, in the unit of its statistic; None without operations."""
    if slo.percent is not None:
        return summary.response_percentile(slo.percent)
    if slo.statistic == "max":
        return summary.response_percentile(100)
    if slo.statistic == "mean":
        return summary.response_mean()
    if slo.statistic == "rate":
        return summary.achieved_rate
    if slo.statistic == "late":
        return 100 * summary.late / summary.offered if summary.offered else None
    share = summary.share(Outcome(slo.statistic))
    return None if share is None else 100 * share


def time_to_recover(slo: Slo, measurements: Measurements, fault: TimeRange, end: int) -> float:
    """The time from the end of a fault until the objective holds, at most until `end`, in microseconds.

    It holds from the first of `RECOVERED_AFTER` intervals with data in which it does, without one between them in which
    it does not; the time ends where that interval begins. `NO_ANSWER` if there are none.
    """
    length = measurements.interval
    good: list[int] = []
    for index in sorted(TimeRange(min(fault.end, end), end).intervals(length)):
        figure = statistic_of(slo, summarized(measurements, slo.operation, {index}))
        if figure is None:
            continue
        good = [*good, index] if slo.holds(figure) else []
        if len(good) == RECOVERED_AFTER:
            return max(0, good[0] * length - fault.end)
    return NO_ANSWER


def _recovery(slo: Slo, measurements: Measurements, timeline: Timeline) -> float:
    """The longest time to recover from one of the faults that an objective names."""
    assert slo.clause is not None
    faults = timeline.named(slo.clause.fault)
    return max(time_to_recover(slo, measurements, fault, timeline.run.end) for fault in faults)


def _recovered_in_time(slo: Slo, measured: float) -> bool:
    assert slo.clause is not None and slo.clause.recovery is not None
    return measured <= slo.clause.recovery


def _intervals(clause: FaultClause | None, length: int, timeline: Timeline) -> Set[int]:
    if clause is None:
        return timeline.run.intervals(length)
    if clause.relation is Relation.DURING:
        return timeline.during(clause.fault, length)
    if clause.relation is Relation.BEFORE:
        return timeline.before(clause.fault, length)
    return timeline.after(clause.fault, length)


def _nothing(slo: Slo, timeline: Timeline) -> str:
    if slo.clause is not None and not timeline.named(slo.clause.fault):
        return f"no data: there was no {slo.clause.fault}"
    return f"no data: there was no {slo.operation}{slo.clause or ''}"
