"""Arrivals as data: moments in whole microseconds from the start of a run."""

from simulator.arrivals.moments import moments
from simulator.arrivals.rates import Ramp, expected_arrivals, ramps_of

__all__ = ["Ramp", "expected_arrivals", "moments", "ramps_of"]
