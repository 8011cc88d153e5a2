"""A small run with everything that reports show, as its results are read."""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec

from simulator.auditor.checks import MEANING, Check
from simulator.auditor.evidence import Evidence
from simulator.auditor.verdict import Report
from simulator.history import FaultRecord, RunRecord, Target
from simulator.history.progress import Moment
from simulator.history.samples import Lag, LagSample, ProcessSample, Usage
from simulator.history.verdict import Finding, Verdict
from simulator.measure.measurements import SECOND, Measurements
from simulator.measure.outcomes import Outcome
from simulator.report.results import Mark, Results, Summary

START = 1_800_000_000 * SECOND


@cache
def measured(seconds: int = 20, *, slower: int = 0, each: int = 20) -> Measurements:
    """`each` searches and as many paid sagas a second; all take some milliseconds, and `slower` microseconds more."""
    found = Measurements()
    for number in range(seconds * each):
        planned = number * SECOND // each
        for operation, length in (("search", 10_000), ("saga.paid", 50_000)):
            done = planned + length + (number * 7919 % 997) * 5 + slower
            found.record(operation, Outcome.OK, planned=planned, sent=planned + 100, done=done)
    return found


def evidence(text: str = "o1") -> Evidence:
    """Of a lost order."""
    return Evidence(
        check=Check.LOST_ORDER,
        meaning=MEANING[Check.LOST_ORDER],
        about=text,
        detail=f"order {text} was answered",
        correlation_id="o1",
        places=["order-created[0]@5"],
        events=[f"order-created[0]@5 {text}"],
        operations=[f"place-order by {text}"],
        flow=[f"│ {text}"],
        replay=f"marketplace trace show {text}",
    )


def summary(text: str, **changes: Any) -> Summary:
    """`summary.json` of a run with a violation."""
    document = {
        "runId": "r1",
        "seed": 7,
        "verdict": "invariant violated",
        "exitCode": 1,
        "interrupted": False,
        "failure": "",
        "reasons": [Finding(Verdict.VIOLATED, f"lost-order: {text}")],
        "seconds": 20.0,
        "drained": True,
        "openSagas": 0,
        "requests": figures(400),
        "operations": {"search": figures(400), "saga.paid": figures(400)},
        "generator": {"limit": None, "pacingErrorP50": 0.1, "pacingErrorP99": 1.0},
        "lag": {"order": {"mostRecords": 9, "mostSeconds": 0.5}},
        "slos": [
            {"slo": "search.p99<5ms", "verdict": "missed", "measured": 14980, "samples": 400, "reason": text},
            {"slo": "search.ok>=99%", "verdict": "met", "measured": 100, "samples": 400, "reason": ""},
        ],
        "processes": {"order": used()},
        **changes,
    }
    return msgspec.convert(msgspec.to_builtins(document), Summary)


def record(text: str) -> RunRecord:
    """`run.json` of a load of 20 s and a drain of 2 s."""
    return RunRecord(
        run_id="r1",
        seed=7,
        scenario={"description": text, "load": {"rate": "20/s"}},
        target=Target(gateway=text, bootstrap_servers="kafka:9092", fresh=True),
        versions={"python": "3.11"},
        machine={"processor": text},
        workers=1,
        planned_us=20 * SECOND,
        begun_at=START - 5 * SECOND,
        started_at=START,
        load_ended_at=START + 20 * SECOND,
        drained_at=START + 22 * SECOND,
    )


def judged(text: str) -> Report:
    """`violations.json` with a lost order."""
    return Report(
        verdict=Verdict.VIOLATED,
        exit_code=1,
        reasons=[],
        orders=400,
        records=9,
        operations=400,
        counts={Check.LOST_ORDER: 7},
        sometimes={"an order was paid": 3},
        violations=[evidence(text)],
    )


def results(text: str = "o1", *, measurements: Measurements | None = None, **changes: Any) -> Results:
    """A run with a fault and a violation; `text` stands wherever a run records what others said."""
    order = {"order": Usage(1, 0.5, 100 << 20)}
    return Results(
        record=record(text),
        summary=summary(text, **changes),
        measurements=measurements or measured(),
        faults=[FaultRecord("kill", "payment", START + SECOND, START + SECOND, START + 3 * SECOND, 2, 9, text)],
        lags=[LagSample(START + second * SECOND, {"order": Lag(second, second / 10)}) for second in range(22)],
        processes=[ProcessSample(START + second * SECOND, order) for second in range(1, 22)],
        moments=[moment(second) for second in range(22)],
        judged=judged(text),
        marks=[Mark(START + 4 * SECOND, Check.LOST_ORDER, text)],
    )


def moment(second: int, **changes: Any) -> Moment:
    """The backlog at a second of the load."""
    values = {"open_sagas": second % 5, "refunds_due": 0, "lag": 1, "lag_seconds": 0.1, **changes}
    return Moment(at=START + second * SECOND, **values)


def figures(planned: int) -> dict[str, Any]:
    """Of an operation without trouble."""
    percentiles = {"p50": 12.5, "p90": 14.5, "p95": 14.7, "p99": 14.9, "p99.9": 15.0, "max": 15.0}
    none = dict.fromkeys(("refused", "failed", "unknown", "dropped", "late"), 0)
    rates = {"plannedPerSecond": planned / 20, "answeredPerSecond": planned / 20}
    return {"planned": planned, "ok": planned, **none, **rates, "response": percentiles, "service": percentiles}


def used() -> dict[str, Any]:
    """Of a process."""
    memory = {"memoryFirst": 100 << 20, "memoryLast": 101 << 20, "memoryPeak": 102 << 20}
    return {"cpuMean": 0.5, "cpuPeak": 0.9, **memory, "memoryGrowthPercent": 1.0, "memoryFlat": True, "startedAgain": 1}
