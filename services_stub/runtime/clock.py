"""The wall clock of this process: that of the machine, or shifted from it by the fault `clock-skew`.

All that a service writes down or compares as a time of day comes from here. Time-outs and pauses are measured by
`time.monotonic`, which goes on evenly whatever becomes of this clock.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime

from services_stub.contracts.control_faults import ClockSkew, ServiceFault
from services_stub.contracts.times import from_microseconds

_skew = 0
"""Microseconds."""


def disturb(faults: Sequence[ServiceFault]) -> None:
    """Shift the clock as these faults want it; where none is a `ClockSkew`, it is right again."""
    global _skew
    _skew = sum(fault.milliseconds * 1000 for fault in faults if isinstance(fault, ClockSkew))


def is_right() -> bool:
    """Whether it is the clock of the machine."""
    return not _skew


def microseconds() -> int:
    """Unix time in microseconds."""
    return time.time_ns() // 1000 + _skew


def seconds() -> float:
    """Unix time in seconds."""
    return microseconds() / 1_000_000


def now() -> datetime:
    """The time in UTC."""
    return from_microseconds(microseconds())
