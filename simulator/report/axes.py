"""Axes: from values to places in a drawing, and the values at which an axis has a mark. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

_NICE = (1, 2, 5)
_SECONDS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400)


@dataclass(frozen=True, slots=True)
class Axis:
    """Maps values from `low` to `high` on `begin` to `end`; values outside land at the nearer end.

    A logarithmic one has `low` above 0.
    """

    low: float
    high: float
    begin: float
    end: float
    logarithmic: bool = False

    def at(self, value: float) -> float:
        """The place of a value."""
        value = min(max(value, self.low), self.high)
        if self.logarithmic:
            share = math.log(value / self.low) / math.log(self.high / self.low)
        else:
            share = (value - self.low) / (self.high - self.low)
        return self.begin + min(share, 1.0) * (self.end - self.begin)

    def marks(self, most: int) -> list[float]:
        """Round values on the axis, at most so many, but two at least on an axis that begins and ends with such."""
        if self.logarithmic:
            return _thinned(list(_nice_between(self.low, self.high)), most)
        step = next(step for step in _steps((self.high - self.low) / most))
        first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
        return [number * step for number in range(first, last + 1)]


def linear_axis(highest: float, begin: float, end: float) -> Axis:
    """An axis from 0 to a round value that is not below `highest`."""
    return Axis(0.0, _nice_above(highest) if highest > 0 else 1.0, begin, end)


def logarithmic_axis(lowest: float, highest: float, begin: float, end: float) -> Axis:
    """An axis from a round value to a round value, with both values, which are above 0, between them."""
    low, high = _nice_below(lowest), _nice_above(highest)
    return Axis(low, high if high > low * 1.5 else _nice_above(low * 1.5), begin, end, logarithmic=True)


def time_marks(end: float, most: int) -> list[float]:
    """Round moments from 0 to `end` seconds, at most so many besides 0."""
    step = next((step for step in _SECONDS if end / step <= most), None)
    if step is None:
        step = math.ceil(end / most / _SECONDS[-1]) * _SECONDS[-1]
    return [float(moment) for moment in range(0, math.floor(end) + 1, step)]


def time_text(seconds: float) -> str:
    """A moment of a run: `45 s`, `2:05`, `1:00:05`."""
    whole = int(seconds)
    if whole < 120:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _steps(least: float) -> Iterator[float]:
    """Round steps that are not below `least`, in ascending order."""
    power = math.floor(math.log10(least))
    while True:
        for digit in _NICE:
            if (step := digit * 10.0**power) >= least * (1 - 1e-9):
                yield step
        power += 1


def _nice_above(value: float) -> float:
    return next(_steps(value))


def _nice_below(value: float) -> float:
    power = math.floor(math.log10(value))
    return max(digit * 10.0**power for digit in _NICE if digit * 10.0**power <= value * (1 + 1e-9))


def _nice_between(low: float, high: float) -> Iterator[float]:
    for power in range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1):
        for digit in _NICE:
            if low * (1 - 1e-9) <= (value := digit * 10.0**power) <= high * (1 + 1e-9):
                yield value


def _thinned(values: list[float], most: int) -> list[float]:
    """Powers of ten alone where all are too many; of them, every second, and so on."""
    if len(values) <= most:
        return values
    powers = [value for value in values if abs(math.log10(value) - round(math.log10(value))) < 1e-9] or values
    return powers[:: max(1, -(-len(powers) // most))]
