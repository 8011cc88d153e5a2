"""The results of a run: `summary.json`, and its last lines for people."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from simulator.history import RunRecord
from simulator.history.operations import STAGES
from simulator.history.samples import SIMULATOR, LagSample
from simulator.history.verdict import Finding, Verdict
from simulator.measure.judging import Judgement
from simulator.measure.measurements import Measurements
from simulator.measure.outcomes import Outcome
from simulator.measure.ranges import Timeline
from simulator.measure.self_check import latency_limit, load_limit
from simulator.measure.summary import Summary, summarized, summarized_together
from simulator.measure.text import latency_text

PERCENTILES = (50, 90, 95, 99, 99.9, 100)


def generator_finding(measurements: Measurements, timeline: Timeline) -> Finding | None:
    """Where the load was not the planned one, nothing is known of how the target stands that."""
    limit = load_limit(measurements, timeline.run.intervals(measurements.interval))
    return None if limit is None else Finding(Verdict.UNKNOWN, f"generator-limited: {limit}")


def summary_document(
    record: RunRecord,
    verdict: Verdict,
    exit_code: int,
    findings: Sequence[Finding],
    measurements: Measurements,
    timeline: Timeline,
    judgements: Sequence[Judgement],
    *,
    open_sagas: int,
    lags: Iterable[LagSample],
    processes: dict[str, dict[str, Any]],
) -> dict[str, Any]:
    """All figures of a run, for programs. Latencies are in milliseconds; null means no answer, or no operation."""
    intervals = timeline.run.intervals(measurements.interval)
    requests = summarized_together(measurements, _requests(measurements), intervals)
    work = [each.pacing_error for each in measurements.generator.values() if each.pacing_error.total]
    return {
        "runId": record.run_id,
        "seed": record.seed,
        "verdict": verdict.value,
        "exitCode": exit_code,
        "interrupted": record.interrupted,
        "failure": record.failure,
        "reasons": findings,
        "seconds": timeline.run.end / 1_000_000,
        "drained": record.drained,
        "openSagas": open_sagas,
        "requests": _figures(requests),
        "operations": {
            name: _figures(summarized(measurements, name, intervals)) for name in sorted(measurements.operations)
        },
        "generator": {
            "limit": latency_limit(measurements, intervals, requests),
            "pacingErrorP50": _milliseconds(max((each.percentile(50) for each in work), default=None)),
            "pacingErrorP99": _milliseconds(max((each.percentile(99) for each in work), default=None)),
        },
        "lag": _largest_lags(lags),
        "processes": processes,
        "slos": [
            {
                "slo": str(judgement.slo),
                "verdict": judgement.verdict.value,
                "measured": _finite(judgement.measured),
                "samples": judgement.samples,
                "reason": judgement.reason,
            }
            for judgement in judgements
        ],
    }


def figure_lines(measurements: Measurements, timeline: Timeline) -> list[str]:
    """The figures for people: one line for each operation and stage."""
    intervals = timeline.run.intervals(measurements.interval)
    lines = [f"{'':<22}{'planned':>9}{'ok':>8}{'refused':>9}{'none':>6}{'p50':>10}{'p99':>10}{'raw p99':>10}"]
    for name in (*_requests(measurements), *(stage for stage in STAGES if stage in measurements.operations)):
        summary = summarized(measurements, name, intervals)
        ok, refused = summary.counts[Outcome.OK], summary.counts[Outcome.REFUSED]
        figures = (summary.response_percentile(50), summary.response_percentile(99), summary.service_percentile(99))
        columns = "".join(f"{latency_text(figure):>10}" for figure in figures)
        none = summary.offered - ok - refused
        lines.append(f"{name:<22}{summary.offered:>9,}{ok:>8,}{refused:>9,}{none:>6,}{columns}")
    requests = summarized_together(measurements, _requests(measurements), intervals)
    if limit := latency_limit(measurements, intervals, requests):
        lines.append(f"these latencies are not the target's alone: {limit}")
    return lines


def process_lines(processes: dict[str, dict[str, Any]]) -> list[str]:
    """The use of all processes in one line, and another for those whose memory grew."""
    marketplace = [figures for name, figures in processes.items() if name != SIMULATOR]
    if not processes:
        return []
    if not marketplace:
        return ["marketplace: the CPU and memory of processes elsewhere cannot be seen"]
    cpu, memory = sum(each["cpuMean"] for each in marketplace), max(each["memoryPeak"] for each in marketplace)
    own = processes[SIMULATOR]["cpuMean"] if SIMULATOR in processes else 0
    grown = [name for name, figures in processes.items() if figures["memoryFlat"] is False]
    growth = ", ".join(f"{name} by {processes[name]['memoryGrowthPercent']:g} %" for name in grown)
    size = f"{len(marketplace)} processes, none over {memory / 2**20:,.0f} MiB"
    used = f"marketplace: {cpu:.2f} cores in {size}; simulator: {own:.2f} cores"
    return [used, f"memory that grew after the warm-up: {growth}"] if grown else [used]


def _requests(measurements: Measurements) -> list[str]:
    return sorted(set(measurements.operations) - set(STAGES))


def _figures(summary: Summary) -> dict[str, Any]:
    return {
        "planned": summary.offered,
        **{outcome.value: count for outcome, count in summary.counts.items()},
        "late": summary.late,
        "plannedPerSecond": round(summary.offered_rate, 3),
        "answeredPerSecond": round(summary.achieved_rate, 3),
        "response": {_name(p): _milliseconds(summary.response_percentile(p)) for p in PERCENTILES},
        "service": {_name(p): _milliseconds(summary.service_percentile(p)) for p in PERCENTILES},
    }


def _name(percent: float) -> str:
    return "max" if percent == 100 else f"p{percent:g}"


def _milliseconds(microseconds: float | None) -> float | None:
    found = _finite(microseconds)
    return None if found is None else found / 1000


def _finite(number: float | None) -> float | None:
    return None if number is None or math.isinf(number) else number


def _largest_lags(samples: Iterable[LagSample]) -> dict[str, dict[str, float]]:
    largest: dict[str, dict[str, float]] = {}
    for sample in samples:
        for group, lag in sample.groups.items():
            known = largest.setdefault(group, {"mostRecords": 0, "mostSeconds": 0.0})
            known["mostRecords"] = max(known["mostRecords"], lag.records)
            known["mostSeconds"] = max(known["mostSeconds"], round(lag.seconds, 3))
    return largest
