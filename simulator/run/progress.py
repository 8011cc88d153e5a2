"""The newest whole second of a load, as those who watch it are told."""

from __future__ import annotations

import math
from collections.abc import Callable

from simulator.history.progress import Latencies, Second
from simulator.history.samples import LagSample
from simulator.measure.measurements import SECOND, Measurements
from simulator.measure.self_check import latency_limit
from simulator.measure.summary import summarized_together


def newest_second(measurements: Measurements, at: int, elapsed: int, open_sagas: int, lag: LagSample | None) -> Second:
    """The last second that is over, `elapsed` microseconds after the start of the load. `at` is the present."""
    index = max(0, elapsed // SECOND - 1)
    summary = summarized_together(measurements, measurements.operations, {index})
    return Second(
        at=at,
        second=elapsed // SECOND,
        offered=summary.offered_rate,
        achieved=summary.achieved_rate,
        outcomes={outcome.value: count for outcome, count in summary.counts.items() if count},
        corrected=_latencies(summary.response_percentile),
        raw=_latencies(summary.service_percentile),
        open_sagas=open_sagas,
        lag=0 if lag is None else sum(group.records for group in lag.groups.values()),
        limit=latency_limit(measurements, {index}, summary) or "",
    )


def _latencies(percentile: Callable[[float], float | None]) -> Latencies:
    def milliseconds(percent: float) -> float | None:
        found = percentile(percent)
        return None if found is None or math.isinf(found) else found / 1000

    return Latencies(milliseconds(50), milliseconds(95), milliseconds(99))
