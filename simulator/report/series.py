"""A run as lines over time: rates, percentiles, backlog, lag, CPU and memory. Pure.

Times are seconds since the start of the load. A long run has longer steps: percentiles of a step are those of all
operations in it, because the histograms of its seconds are added up.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from simulator.history import RunRecord
from simulator.measure.measurements import SECOND, Measurements
from simulator.measure.outcomes import ANSWERED, Outcome
from simulator.measure.summary import Summary, summarized_together
from simulator.report.results import Results

_GAP_SECONDS = 3

Point = tuple[float, float | None]
"""A moment and a value; None where there is no value, and a line is broken."""


Series = dict[str, list[tuple[float, float]]]
"""Samples by name: moments and values."""


class Step(NamedTuple):
    """The figures of some operations from `begin` to `end`, in seconds."""

    begin: float
    end: float
    summary: Summary

    @property
    def middle(self) -> float:
        """The moment at which its figures are drawn."""
        return (self.begin + self.end) / 2

    @property
    def offered(self) -> float:
        """Planned operations a second."""
        return self.summary.offered / (self.end - self.begin)

    @property
    def achieved(self) -> float:
        """Answers a second."""
        return self.summary.answers / (self.end - self.begin)

    def rate_of(self, *outcomes: Outcome) -> float:
        """Operations with these outcomes that were planned, a second."""
        return sum(self.summary.counts[outcome] for outcome in outcomes) / (self.end - self.begin)


def length_of(record: RunRecord) -> float:
    """The seconds from the start of the load to the end of the drain; 0 for a load that never began."""
    if not record.started_at:
        return 0.0
    end = record.drained_at or record.load_ended_at or record.ended_at
    return max(0.0, (end - record.started_at) / SECOND)


def load_of(record: RunRecord) -> float:
    """The seconds in which sessions began."""
    if not record.started_at:
        return 0.0
    return min(record.planned_us, max(0, record.load_ended_at - record.started_at)) / SECOND


def steps_of(measurements: Measurements, operations: Iterable[str], seconds: float, most: int) -> list[Step]:
    """The figures of operations over a load of so many seconds, in at most so many steps of whole seconds."""
    names, length = list(operations), step_length(seconds, most)
    found = []
    for begin in range(0, math.ceil(seconds), length):
        intervals = range(begin, min(begin + length, math.ceil(seconds)))
        summary = summarized_together(measurements, names, set(intervals))
        found.append(Step(begin, min(begin + length, seconds), summary))
    return found


def step_length(seconds: float, most: int) -> int:
    """Whole seconds, so that there are at most so many steps."""
    return max(1, math.ceil(seconds / most))


def percentile_points(steps: Sequence[Step], percent: float, *, raw: bool) -> list[Point]:
    """A percentile over time in milliseconds; None in a step without operations, or where it had no answer."""
    points: list[Point] = []
    for step in steps:
        found = step.summary.service_percentile(percent) if raw else step.summary.response_percentile(percent)
        points.append((step.middle, None if found is None or math.isinf(found) else found / 1000))
    return points


def unanswered(steps: Sequence[Step]) -> list[float]:
    """The moments at which operations had no answer."""
    return [step.middle for step in steps if any(step.summary.counts[each] for each in Outcome if each not in ANSWERED)]


def sampled(
    samples: Iterable[tuple[float, float]], seconds: float, most: int, pick: Callable[[Sequence[float]], float] = max
) -> list[Point]:
    """Samples within a run, in at most so many steps; `pick` makes one value of those of a step.

    None between samples that are more than some seconds apart: nothing is known of the time between.
    """
    length = step_length(seconds, most)
    by_step: dict[int, list[float]] = defaultdict(list)
    for moment, value in samples:
        if 0 <= moment <= seconds:
            by_step[int(moment / length)].append(value)
    points: list[Point] = []
    last = 0
    for step in sorted(by_step):
        if points and (step - last) * length > max(_GAP_SECONDS, length):
            points.append(((last + 1) * length, None))
        points.append((min((step + 0.5) * length, seconds), pick(by_step[step])))
        last = step
    return points


def largest(series: Mapping[str, Sequence[tuple[float, float]]], most: int) -> list[str]:
    """The names of the series with the largest values, the largest first; those that are 0 throughout are left out."""
    peaks = {name: max((value for _, value in points), default=0.0) for name, points in series.items()}
    return sorted((name for name in peaks if peaks[name] > 0), key=lambda name: (-peaks[name], name))[:most]


def summed(series: Iterable[Iterable[tuple[float, float]]]) -> list[tuple[float, float]]:
    """The sums of samples that were taken at the same moments."""
    total: dict[float, float] = defaultdict(float)
    for points in series:
        for moment, value in points:
            total[moment] += value
    return sorted(total.items())


def lag_series(results: Results) -> tuple[Series, Series]:
    """The lag of each group, in records and in seconds."""
    records: Series = defaultdict(list)
    seconds: Series = defaultdict(list)
    for sample in results.lags:
        moment = (sample.at - results.record.started_at) / SECOND
        for group, lag in sample.groups.items():
            records[group].append((moment, lag.records))
            seconds[group].append((moment, lag.seconds))
    return records, seconds


def usage_series(results: Results) -> tuple[Series, Series]:
    """The CPU of each process in cores, and its memory in MiB."""
    cpu: Series = defaultdict(list)
    memory: Series = defaultdict(list)
    for sample in results.processes:
        moment = (sample.at - results.record.started_at) / SECOND
        for name, usage in sample.processes.items():
            cpu[name].append((moment, usage.cpu))
            memory[name].append((moment, usage.memory / 2**20))
    return cpu, memory


def open_saga_series(results: Results) -> list[tuple[float, float]]:
    """The open sagas at each moment."""
    return [((moment.at - results.record.started_at) / SECOND, moment.open_sagas) for moment in results.moments]
