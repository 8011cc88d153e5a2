"""The drain: after the load, until all that was begun has come to its end and is read, or the time for it is over."""

from __future__ import annotations

import time
from typing import NamedTuple

from simulator.run.log_reader import LogReader
from simulator.trace.kafka_source import SourceUnavailable

_LOOK_SECONDS = 0.2


class Left(NamedTuple):
    """All that is not at its end: open sagas, records that a group has before it, and such that were not read."""

    sagas: int
    lag: int
    unread: int

    @property
    def nothing(self) -> bool:
        """Whether all is at its end."""
        return not any(self)

    def __str__(self) -> str:
        return f"{self.sagas} open sagas, {self.lag} records before consumers, {self.unread} records not read"


def drained(reader: LogReader, seconds: float) -> Left:
    """Wait until nothing is left, at most so long; a sample of the lag must be younger than the beginning."""
    began = time.time_ns() // 1000
    deadline = time.monotonic() + seconds
    while True:
        left = _left(reader, began)
        if left.nothing or time.monotonic() > deadline or reader.failure:
            return left
        time.sleep(_LOOK_SECONDS)


def _left(reader: LogReader, since: int) -> Left:
    latest = reader.latest
    lag = 1 if latest is None or latest.at < since else sum(lag.records for lag in latest.groups.values())
    if reader.sagas.open or lag:
        return Left(reader.sagas.open, lag, 0)
    try:
        ends = reader.ends()
    except SourceUnavailable:
        return Left(0, 0, 1)
    return Left(0, 0, sum(max(0, end - reader.positions.ends.get(place, 0)) for place, end in ends.items()))
