"""How fast the machine is while something else runs on it: the CPU time that a fixed piece of work takes.

Where it grows, the processor does less in the same time (a lower clock, another guest on the same core), and everything
that is measured on it takes more CPU without having changed.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from services_stub.contracts.times import to_microseconds
from services_stub.runtime.clock import now

_EVERY_SECONDS = 5.0
_ADDITIONS = 100_000


class Speed(NamedTuple):
    """A measurement at a moment, in microseconds of Unix time."""

    at: int
    cpu_ms: float
    """Of the fixed piece of work."""


def work_ms() -> float:
    """The CPU time of the fixed piece of work, in milliseconds."""
    begun = time.thread_time()
    total = 0
    for number in range(_ADDITIONS):
        total += number
    return (time.thread_time() - begun) * 1000


@contextmanager
def measured_machine(every: float = _EVERY_SECONDS) -> Iterator[list[Speed]]:
    """Measure until the end, every so many seconds; what was measured is in the list."""
    found: list[Speed] = []
    ended = threading.Event()

    def measure() -> None:
        while not ended.wait(every):
            found.append(Speed(to_microseconds(now()), work_ms()))

    thread = threading.Thread(target=measure, name="machine-speed")
    thread.start()
    try:
        yield found
    finally:
        ended.set()
        thread.join()
