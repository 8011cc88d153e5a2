"""Whether the load generator itself was the limit.

Of what it measures, latencies are the first to be wrong. The load is another than the planned one only much later.
"""

from __future__ import annotations

from collections.abc import Set

from simulator.measure.measurements import SECOND, Generator, Measurements
from simulator.measure.summary import Summary

LARGEST_BUSY = 0.8
"""The share of its time that an event loop may be busy: above it, answers wait to be noticed."""

LARGEST_PACING_ERROR = 5_000
"""The p99 of the pacing error, in microseconds, that is harmless whatever the latencies are."""

LARGEST_PACING_SHARE = 0.1
"""The same as a share of the median service time."""

LARGEST_LATENESS = SECOND // 10
"""The p99 of the pacing error, in microseconds, up to which a second has the load that was planned for it."""


def latency_limit(measurements: Measurements, intervals: Set[int], summary: Summary) -> str | None:
    """The reason why the generator was the limit of the latencies of `summary` in these intervals, if it was."""
    median = summary.service.percentile(50) if summary.service.total else 0
    return _limit(measurements, intervals, max(LARGEST_PACING_ERROR, LARGEST_PACING_SHARE * median))


def load_limit(measurements: Measurements, intervals: Set[int]) -> str | None:
    """The reason why the load in these intervals was not the planned one, if it was not."""
    return _limit(measurements, intervals, LARGEST_LATENESS)


def _limit(measurements: Measurements, intervals: Set[int], largest_error: float) -> str | None:
    work = Generator()
    for index in intervals & measurements.generator.keys():
        work.add(measurements.generator[index])
    for worker, busy in sorted(work.busy.items()):
        share = busy / work.elapsed[worker]
        if share > LARGEST_BUSY:
            return f"worker {worker} was busy {share:.0%} of the time"
    if work.pacing_error.total and (error := work.pacing_error.percentile(99)) > largest_error:
        return f"1 % of the operations started {error / 1000:.1f} ms late or later"
    return None
