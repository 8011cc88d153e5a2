"""Measurements: histograms and counts by operation, interval and outcome, recorded, stored and merged.

An operation belongs to the interval of its planned start, because that is when its user wanted it; its answer counts in
the interval in which it came. Merging is addition, so that in whatever parts a run is measured the whole is the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Self

import msgspec

from simulator.measure.histogram import Histogram
from simulator.measure.outcomes import ANSWERED, Outcome

SECOND = 1_000_000
LATE = 5_000
"""An operation that is sent this long after its planned start, or longer, is late (microseconds)."""

FORMAT = 1

_Natural = Annotated[int, msgspec.Meta(ge=0)]


class Cell(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    """All operations of one name, interval and outcome.

    `response` runs from the planned start and `service` from the sending, both to the end; `start_lag` is between both.
    Dropped operations have none of them. Without an answer the times are those for which none came.
    """

    count: _Natural = 0
    late: _Natural = 0
    response: Histogram = msgspec.field(default_factory=Histogram)
    service: Histogram = msgspec.field(default_factory=Histogram)
    start_lag: Histogram = msgspec.field(default_factory=Histogram)

    def add(self, other: Cell) -> None:
        """Count all that `other` counted."""
        self.count += other.count
        self.late += other.late
        self.response.add(other.response)
        self.service.add(other.service)
        self.start_lag.add(other.start_lag)


class Interval(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    """All operations of one name that were planned in one interval, and the number of answers that came in it."""

    cells: dict[Outcome, Cell] = {}
    answers: _Natural = 0

    def add(self, other: Interval) -> None:
        """Count all that `other` counted."""
        for outcome, cell in other.cells.items():
            self.cells.setdefault(outcome, Cell()).add(cell)
        self.answers += other.answers


class Generator(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    """The work of the load generator in one interval.

    `pacing_error` is how late the pacer was; `busy` is the CPU time of the event loop's thread, by worker, and
    `elapsed` the time in which it was used, both in microseconds.
    """

    pacing_error: Histogram = msgspec.field(default_factory=Histogram)
    busy: dict[_Natural, _Natural] = {}
    elapsed: dict[_Natural, _Natural] = {}

    def add(self, other: Generator) -> None:
        """Count all that `other` counted."""
        self.pacing_error.add(other.pacing_error)
        for mine, others in ((self.busy, other.busy), (self.elapsed, other.elapsed)):
            for worker, time in others.items():
                mine[worker] = mine.get(worker, 0) + time


class Measurements(msgspec.Struct, forbid_unknown_fields=True):
    """The measurements of a run or of a part of it. `interval` is the length of its intervals in microseconds.

    `open` are the operations by interval that have begun and not ended; in a part, how many more than before, or fewer.
    """

    interval: Annotated[int, msgspec.Meta(gt=0)] = SECOND
    operations: dict[str, dict[_Natural, Interval]] = {}
    generator: dict[_Natural, Generator] = {}
    open: dict[_Natural, int] = {}
    format: Annotated[int, msgspec.Meta(ge=FORMAT, le=FORMAT)] = FORMAT

    def record(self, operation: str, outcome: Outcome, *, planned: int, sent: int, done: int) -> None:
        """Count an operation that was sent.

        Raises:
            ValueError: the three times are not in their order.
        """
        if not 0 <= planned <= sent <= done:
            raise ValueError(f"{operation}: planned {planned}, sent {sent}, done {done}")
        cell = self._cell(operation, planned, outcome)
        cell.count += 1
        cell.late += sent - planned >= LATE
        cell.response.record(done - planned)
        cell.service.record(done - sent)
        cell.start_lag.record(sent - planned)
        if outcome in ANSWERED:
            self._interval(operation, done).answers += 1

    def record_open(self, planned: int, change: int) -> None:
        """Count an operation that begins (1), or ends, whatever its outcome (-1)."""
        index = planned // self.interval
        self.open[index] = self.open.get(index, 0) + change

    def record_dropped(self, operation: str, *, planned: int) -> None:
        """Count an operation that was not sent."""
        self._cell(operation, planned, Outcome.DROPPED).count += 1

    def record_pacing(self, due: int, error: int) -> None:
        """Count a release of the pacer that was due at `due` and `error` late."""
        self._generator(due).pacing_error.record(error)

    def record_busy(self, worker: int, *, now: int, busy: int, elapsed: int) -> None:
        """Count the CPU time that a worker's event loop has used in the time that ends `now`."""
        if elapsed > 0:
            self._generator(now - 1).add(Generator(busy={worker: busy}, elapsed={worker: elapsed}))

    def add(self, other: Measurements) -> None:
        """Count all that `other` counted.

        Raises:
            ValueError: its intervals have another length.
        """
        if other.interval != self.interval:
            raise ValueError(f"intervals of {self.interval} and {other.interval} microseconds cannot be merged")
        for operation, intervals in other.operations.items():
            mine = self.operations.setdefault(operation, {})
            for index, interval in intervals.items():
                mine.setdefault(index, Interval()).add(interval)
        for index, work in other.generator.items():
            self.generator.setdefault(index, Generator()).add(work)
        for index, change in other.open.items():
            self.open[index] = self.open.get(index, 0) + change

    @property
    def total(self) -> int:
        """The number of operations, whatever their outcome."""
        return sum(
            cell.count
            for intervals in self.operations.values()
            for interval in intervals.values()
            for cell in interval.cells.values()
        )

    def encode(self) -> bytes:
        """The stored form: MessagePack."""
        return msgspec.msgpack.encode(self)

    @classmethod
    def decode(cls, stored: bytes) -> Self:
        """The measurements of a stored form.

        Raises:
            msgspec.MsgspecError: it is none, or of another format.
        """
        return msgspec.msgpack.decode(stored, type=cls)

    def _interval(self, operation: str, time: int) -> Interval:
        intervals = self.operations.get(operation)
        if intervals is None:
            intervals = self.operations[operation] = {}
        index = time // self.interval
        interval = intervals.get(index)
        if interval is None:
            interval = intervals[index] = Interval()
        return interval

    def _cell(self, operation: str, planned: int, outcome: Outcome) -> Cell:
        cells = self._interval(operation, planned).cells
        cell = cells.get(outcome)
        if cell is None:
            cell = cells[outcome] = Cell()
        return cell

    def _generator(self, time: int) -> Generator:
        index = time // self.interval
        work = self.generator.get(index)
        if work is None:
            work = self.generator[index] = Generator()
        return work


def merged(parts: Iterable[Measurements]) -> Measurements:
    """One that counts all that `parts` counted; without parts, nothing.

    Raises:
        ValueError: their intervals have different lengths.
    """
    whole: Measurements | None = None
    for part in parts:
        if whole is None:
            whole = Measurements(interval=part.interval)
        whole.add(part)
    return whole or Measurements()
