"""The drain: after the load, until all that was begun has come to its end and is read, or the time for it is over."""

from __future__ import annotations

import time
from typing import NamedTuple

from simulator.run.log_reader import LogReader
from simulator.trace.kafka_source import SourceUnavailable

_LOOK_SECONDS = 0.2
_QUIET_SECONDS = 1.0
"""No event may come for so long: a service may have handled a record, and not yet published all that comes of it."""


class Left(NamedTuple):
    """All that is not at its end: open sagas, refunds, records before a group, and such that were not read."""

    sagas: int
    refunds: int
    lag: int
    unread: int

    @property
    def nothing(self) -> bool:
        """Whether all is at its end."""
        return not any(self)

    def __str__(self) -> str:
        return (
            f"{self.sagas} open sagas, {self.refunds} refunds due, {self.lag} records before consumers, "
            f"{self.unread} records not read"
        )


def drained(reader: LogReader, seconds: float) -> Left:
    """Wait until nothing is left and no event comes, at most so long.

    A sample of the lag must be younger than the beginning.
    """
    began = time.time_ns() // 1000
    quiet_since = time.monotonic()
    deadline, events = quiet_since + seconds, -1
    while True:
        left, now = _left(reader, began), time.monotonic()
        if not left.nothing or events != reader.positions.events:
            quiet_since, events = now, reader.positions.events
        if (left.nothing and now - quiet_since >= _QUIET_SECONDS) or now > deadline or reader.failure:
            return left
        time.sleep(_LOOK_SECONDS)


def _left(reader: LogReader, since: int) -> Left:
    latest = reader.latest
    lag = 1 if latest is None or latest.at < since else sum(lag.records for lag in latest.groups.values())
    left = Left(reader.sagas.open, reader.sagas.refunds_due, lag, 0)
    if not left.nothing:
        return left
    try:
        ends = reader.ends()
    except SourceUnavailable:
        return left._replace(unread=1)
    return left._replace(unread=sum(max(0, end - reader.positions.ends.get(place, 0)) for place, end in ends.items()))
