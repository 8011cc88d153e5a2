"""When sessions arrive, from the rate over time.

The rate is added up over time; an arrival is where the sum reaches the next number: 0, 1, 2, ... for constant gaps, the
sums of exponential numbers for a Poisson process, which so follows any rate.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from simulator.arrivals.rates import ARRIVAL, Ramp
from simulator.random_stream import RandomStream
from simulator.scenario import Arrivals


def moments(ramps: Sequence[Ramp], arrivals: Arrivals, stream: RandomStream) -> Iterator[int]:
    """The moments in their order, in microseconds from the start of the run."""
    levels = _levels(arrivals, stream)
    level, reached = next(levels), 0
    for ramp in ramps:
        while level < reached + ramp.area:
            yield ramp.moment(level - reached)
            level = next(levels)
        reached += ramp.area


def _levels(arrivals: Arrivals, stream: RandomStream) -> Iterator[int]:
    level = 0 if arrivals is Arrivals.CONSTANT else stream.exponential(ARRIVAL)
    while True:
        yield level
        level += ARRIVAL if arrivals is Arrivals.CONSTANT else stream.exponential(ARRIVAL)
