"""Plain lines of progress, one a second: rates and latencies of the newest whole second, open sagas, and lag."""

from __future__ import annotations

import math

from simulator.measure.measurements import SECOND, Measurements
from simulator.measure.outcomes import Outcome
from simulator.measure.summary import Summary, summarized_together
from simulator.run.positions import LagSample


def progress_line(measurements: Measurements, elapsed: int, end: int, open_sagas: int, lag: LagSample | None) -> str:
    """The state of a run, `elapsed` of `end` microseconds after its start."""
    second = max(0, elapsed // SECOND - 1)
    summary = summarized_together(measurements, measurements.operations, {second})
    behind = 0 if lag is None else sum(group.records for group in lag.groups.values())
    return (
        f"{elapsed // SECOND:>5} of {end // SECOND} s  {summary.offered_rate:g}/s planned, "
        f"{summary.achieved_rate:g}/s answered, p50 {_of(summary, 50)}, p99 {_of(summary, 99)}"
        f"{_trouble(summary)}; {open_sagas} open sagas, lag {behind}"
    )


def latency_text(microseconds: float | None) -> str:
    """A latency with three digits; a dash without operations, `none` for one without an answer."""
    if microseconds is None:
        return "-"
    if math.isinf(microseconds):
        return "none"
    milliseconds = microseconds / 1000
    return f"{milliseconds / 1000:.3g} s" if milliseconds >= 1000 else f"{milliseconds:.3g} ms"


def _of(summary: Summary, percent: float) -> str:
    return latency_text(summary.response_percentile(percent))


def _trouble(summary: Summary) -> str:
    outcomes = (Outcome.REFUSED, Outcome.FAILED, Outcome.UNKNOWN, Outcome.DROPPED)
    counted = [f"{summary.counts[outcome]} {outcome.value}" for outcome in outcomes if summary.counts[outcome]]
    return f", {', '.join(counted)}" if counted else ""
