"""The newest whole second of a load, as those who watch it are told."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

from simulator.history.progress import Latencies, Second
from simulator.history.samples import LagSample
from simulator.measure.measurements import SECOND, Measurements
from simulator.measure.self_check import latency_limit
from simulator.measure.summary import summarized_together


def newest_second(measurements: Measurements, at: int, elapsed: int, open_sagas: int, lag: LagSample | None) -> Second:
    """The last second that is over, `elapsed` microseconds after the start of the load. `at` is the present.

    Operations that have not ended are slower than those that have, so that percentiles are none where they are many.
    """
    index = max(0, elapsed // SECOND - 1)
    ended = summarized_together(measurements, measurements.operations, {index})
    summary = replace(ended, open=max(0, measurements.open.get(index, 0)))
    counts = {outcome.value: count for outcome, count in summary.counts.items()} | {"open": summary.open}
    return Second(
        at=at,
        second=elapsed // SECOND,
        offered=summary.offered_rate,
        achieved=summary.achieved_rate,
        outcomes={name: count for name, count in counts.items() if count},
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
