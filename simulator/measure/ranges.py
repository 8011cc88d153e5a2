"""Ranges of time, and the intervals that belong to them: during, before and after faults."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TimeRange:
    """From `begin`, up to and without `end`, in microseconds since the start of the run."""

    begin: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.begin <= self.end:
            raise ValueError(f"a range of time does not run from {self.begin} to {self.end}")

    def intervals(self, length: int) -> frozenset[int]:
        """The numbers of all intervals of this length that have a part in the range."""
        return frozenset(range(self.begin // length, -(-self.end // length)))


@dataclass(frozen=True, slots=True)
class FaultTime:
    """When a fault with this name was there, for instance `kill:payment`."""

    name: str
    times: TimeRange


@dataclass(frozen=True, slots=True)
class Timeline:
    """The range of time in which operations were planned, and the faults in it."""

    run: TimeRange
    faults: Sequence[FaultTime] = ()

    def named(self, name: str) -> list[TimeRange]:
        """The ranges of the faults with a name; of all faults, by the name `fault`."""
        return [fault.times for fault in self.faults if name in (fault.name, "fault")]

    def during(self, name: str, length: int) -> frozenset[int]:
        """The intervals that have a part in such a fault."""
        found = frozenset[int]().union(*(times.intervals(length) for times in self.named(name)))
        return found & self.run.intervals(length)

    def before(self, name: str, length: int) -> frozenset[int]:
        """The intervals that end before the first such fault begins."""
        begins = [times.begin for times in self.named(name)]
        return frozenset(i for i in self.run.intervals(length) if begins and (i + 1) * length <= min(begins))

    def after(self, name: str, length: int) -> frozenset[int]:
        """The intervals that begin after the last such fault has ended."""
        ends = [times.end for times in self.named(name)]
        return frozenset(i for i in self.run.intervals(length) if ends and i * length >= max(ends))
