"""The figures of one operation over some intervals: counts, percentiles, offered and achieved rate.

A percentile is one of all operations that were planned. Those without an answer (failed, unknown, dropped) count as
slower than any answer: left out, they would make a time in which nothing was answered look fast.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Set
from dataclasses import dataclass

from simulator.measure.histogram import Histogram, rank_of
from simulator.measure.measurements import SECOND, Measurements
from simulator.measure.outcomes import ANSWERED, Outcome

NO_ANSWER = math.inf
"""The percentile that falls on an operation without an answer."""


@dataclass(frozen=True, slots=True)
class Summary:
    """`response` and `service` are those of answered operations, `start_lag` that of all that were sent.

    `answers` is the number of answers that came in these intervals, and `seconds` is their length. `open` operations
    have not ended: as long as a run is under way they count like those without an answer.
    """

    counts: dict[Outcome, int]
    late: int
    response: Histogram
    service: Histogram
    start_lag: Histogram
    answers: int
    seconds: float
    open: int = 0

    @property
    def offered(self) -> int:
        """The number of operations that were planned."""
        return sum(self.counts.values()) + self.open

    @property
    def sent(self) -> int:
        """The number of operations that were sent."""
        return self.offered - self.counts[Outcome.DROPPED]

    @property
    def offered_rate(self) -> float:
        """Planned operations a second."""
        return self.offered / self.seconds if self.seconds else 0.0

    @property
    def achieved_rate(self) -> float:
        """Answers a second."""
        return self.answers / self.seconds if self.seconds else 0.0

    def share(self, outcome: Outcome) -> float | None:
        """The share of an outcome in all operations that were planned, from 0 to 1; None without operations."""
        return self.counts[outcome] / self.offered if self.offered else None

    def response_percentile(self, percent: float) -> float | None:
        """Corrected: from the planned start to the answer, in microseconds. None without operations."""
        return _percentile(self.response, percent, self.offered)

    def service_percentile(self, percent: float) -> float | None:
        """Raw: from the sending to the answer, in microseconds. None if nothing was sent."""
        return _percentile(self.service, percent, self.sent)

    def response_mean(self) -> float | None:
        """The mean of what `response_percentile` ranks."""
        if not self.offered:
            return None
        return self.response.sum / self.offered if self.response.total == self.offered else NO_ANSWER


def summarized(measurements: Measurements, operation: str, intervals: Set[int]) -> Summary:
    """The figures of an operation in these intervals; zeros if there was none."""
    return summarized_together(measurements, [operation], intervals)


def summarized_together(measurements: Measurements, operations: Iterable[str], intervals: Set[int]) -> Summary:
    """The figures of several operations as if they were one."""
    counts = dict.fromkeys(Outcome, 0)
    late = answers = 0
    response, service, start_lag = Histogram(), Histogram(), Histogram()
    for recorded in (measurements.operations.get(operation, {}) for operation in operations):
        for index in intervals & recorded.keys():
            answers += recorded[index].answers
            for outcome, cell in recorded[index].cells.items():
                counts[outcome] += cell.count
                late += cell.late
                start_lag.add(cell.start_lag)
                if outcome in ANSWERED:
                    response.add(cell.response)
                    service.add(cell.service)
    seconds = len(intervals) * measurements.interval / SECOND
    return Summary(counts, late, response, service, start_lag, answers, seconds)


def _percentile(answered: Histogram, percent: float, total: int) -> float | None:
    if not total:
        return None
    rank = rank_of(percent, total)
    return answered.value_at(rank) if rank <= answered.total else NO_ANSWER
