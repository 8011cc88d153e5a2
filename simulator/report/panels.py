"""The panels of the chart of a run: which lines stand over one axis of time, and the same in words. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import fmean
from typing import NamedTuple

from simulator.history.operations import NOTIFIED, PAID, STAGES
from simulator.history.samples import SIMULATOR
from simulator.measure.outcomes import Outcome
from simulator.measure.text import latency_text
from simulator.report.axes import time_text
from simulator.report.results import Results
from simulator.report.series import (
    Point,
    Series,
    Step,
    lag_series,
    largest,
    length_of,
    load_of,
    open_saga_series,
    percentile_points,
    sampled,
    steps_of,
    summed,
    unanswered,
    usage_series,
)

_SHOWN = 4
"""Groups and processes that have a line of their own."""

_PERCENTILES = (50, 95, 99)


class Line(NamedTuple):
    """A line of a panel. `look` is a number from 1 to 6; `dashed` is the second line of a kind."""

    name: str
    points: Sequence[Point]
    look: int
    dashed: bool = False


class Panel(NamedTuple):
    """Lines with one unit. `crosses` are moments at which operations had no answer."""

    title: str
    unit: str
    lines: Sequence[Line]
    logarithmic: bool = False
    crosses: Sequence[float] = ()

    def text_of(self, value: float) -> str:
        """A value in words."""
        if self.unit == "ms":
            return latency_text(value * 1000)
        number = f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.3g}"
        return f"{number}{self.unit}"

    @property
    def has_values(self) -> bool:
        """Whether there is anything to draw."""
        return bool(self.crosses) or any(value is not None for line in self.lines for _, value in line.points)

    def words(self) -> str:
        """The panel as a sentence, for those who do not see it."""
        parts = [f"{line.name} {said}" for line in self.lines if (said := self._course(line.points))]
        if self.crosses:
            first, last = time_text(self.crosses[0]), time_text(self.crosses[-1])
            parts.append(f"operations without an answer in {len(self.crosses)} steps from {first} to {last}")
        return f"{self.title}: {'; '.join(parts) or 'no data'}."

    def _course(self, points: Sequence[Point]) -> str:
        known = [(value, moment) for moment, value in points if value is not None]
        if not known:
            return ""
        lowest, (highest, when) = min(known)[0], max(known)
        mean = fmean(value for value, _ in known)
        return (
            f"from {self.text_of(lowest)} to {self.text_of(highest)} (at {time_text(when)}), mean {self.text_of(mean)}"
        )


def panels_of(results: Results, most: int) -> list[Panel]:
    """All panels, with at most so many steps of time."""
    load, end = load_of(results.record), length_of(results.record)
    requests = [name for name in sorted(results.measurements.operations) if name not in STAGES]
    steps = steps_of(results.measurements, requests, load, most)
    found = [
        _rate(steps),
        Panel("Latency of requests", "ms", list(_percentiles(steps)), True, unanswered(steps)),
        _sagas(results, load, most),
        Panel("Open sagas", "", [Line("open", sampled(open_saga_series(results), end, most), 1)]),
        *_lags(results, end, most),
        *_usage(results, end, most),
    ]
    return [panel for panel in found if panel.has_values]


def _rate(steps: Sequence[Step]) -> Panel:
    none = (Outcome.FAILED, Outcome.UNKNOWN, Outcome.DROPPED)
    lines = [
        Line("offered", [(step.middle, step.offered) for step in steps], 1),
        Line("achieved", [(step.middle, step.achieved) for step in steps], 3),
    ]
    others = [
        Line("refused", [(step.middle, step.rate_of(Outcome.REFUSED)) for step in steps], 4, dashed=True),
        Line("no answer", [(step.middle, step.rate_of(*none)) for step in steps], 2, dashed=True),
    ]
    return Panel("Requests", "/s", [*lines, *(line for line in others if any(value for _, value in line.points))])


def _percentiles(steps: Sequence[Step]) -> Iterator[Line]:
    for look, percent in enumerate(_PERCENTILES, 1):
        yield Line(f"p{percent}", percentile_points(steps, percent, raw=False), look)
    for look, percent in enumerate(_PERCENTILES, 1):
        yield Line(f"p{percent} raw", percentile_points(steps, percent, raw=True), look, dashed=True)


def _sagas(results: Results, load: float, most: int) -> Panel:
    paid, notified = (steps_of(results.measurements, [stage], load, most) for stage in (PAID, NOTIFIED))
    lines = [
        Line(f"{stage} p{percent}", percentile_points(steps, percent, raw=False), look, dashed=steps is notified)
        for stage, steps in (("paid", paid), ("notified", notified))
        for look, percent in ((1, 50), (3, 99))
    ]
    return Panel("Sagas, from the checkout on", "ms", lines, True, unanswered(notified))


def _lags(results: Results, end: float, most: int) -> Iterator[Panel]:
    records, seconds = lag_series(results)
    for title, unit, series in (("Consumer lag in records", "", records), ("Consumer lag in seconds", " s", seconds)):
        yield Panel(title, unit, _largest(series, end, most))


def _usage(results: Results, end: float, most: int) -> Iterator[Panel]:
    cpu, memory = usage_series(results)
    whole = summed(points for name, points in cpu.items() if name != SIMULATOR)
    total = [Line("marketplace", sampled(whole, end, most, fmean), 6)] if len(cpu) > 1 else []
    others = [line._replace(points=sampled(cpu[line.name], end, most, fmean)) for line in _largest(cpu, end, most)]
    yield Panel("CPU in cores", "", [*total, *others])
    yield Panel("Resident memory in MiB", "", _largest(memory, end, most))


def _largest(series: Series, end: float, most: int) -> list[Line]:
    return [Line(name, sampled(series[name], end, most), look) for look, name in enumerate(largest(series, _SHOWN), 1)]
