"""The rate of arrivals over time: ramps, one after the other, in each of which it changes evenly.

A flat rate is a ramp between equal rates, a jump two ramps that meet at one moment with different rates.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from math import isqrt
from typing import NamedTuple

from simulator.scenario import Load, Shape

ARRIVAL = 3_600_000_000 * 1_000_000
"""One arrival, as millionths per hour times microseconds: arrivals are added up in these, so that whole numbers do."""


class Ramp(NamedTuple):
    """From one rate (millionths of an arrival per hour) to another, between two moments (microseconds)."""

    begin: int
    end: int
    first: int
    last: int

    @property
    def area(self) -> int:
        """The arrivals in it, in units of `1 / ARRIVAL`."""
        return (self.first + self.last) * (self.end - self.begin) // 2

    def moment(self, area: int) -> int:
        """When so much of the area is reached, in microseconds, rounded down.

        The positive root of `first t + (last - first) t² / 2 length = area`.
        """
        if area == 0:
            return self.begin
        length = self.end - self.begin
        at_begin = self.first * length
        square = at_begin * at_begin + 2 * (self.last - self.first) * area * length
        root = isqrt(square - 1) + 1  # rounded up, so that the moment is never too late
        return self.begin + 2 * area * length // (at_begin + root)


def ramps_of(load: Load) -> list[Ramp]:
    """The rate of an open loop over time."""
    if load.profile:
        return list(_between((point.at, point.rate) for point in load.profile))
    end, rate = load.duration, load.rate
    shapes: dict[Shape, list[tuple[int, int]]] = {
        Shape.FLAT: [(0, rate), (end, rate)],
        Shape.RAMP: [(0, 0), (end, rate)],
        Shape.SPIKE: [
            (0, rate),
            (end * 45 // 100, rate),
            (end * 45 // 100, 5 * rate),
            (end * 55 // 100, 5 * rate),
            (end * 55 // 100, rate),
            (end, rate),
        ],
        Shape.SOAK: [(0, 0), (end // 10, rate), (end - end // 10, rate), (end, 0)],
    }
    return list(_between(shapes[load.shape]))


def expected_arrivals(ramps: Iterable[Ramp]) -> int:
    """How many arrivals there are on average, rounded down."""
    return sum(ramp.area for ramp in ramps) // ARRIVAL


def _between(points: Iterable[tuple[int, int]]) -> Iterable[Ramp]:
    return (Ramp(begin, end, first, last) for (begin, first), (end, last) in pairwise(points) if begin < end)
