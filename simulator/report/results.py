"""All that the reports of a run are made from, as its directory has it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec

from simulator.auditor.evidence import Evidence
from simulator.auditor.verdict import Report
from simulator.history import FaultRecord, RunDirectory, RunRecord, faults_in, operations_in
from simulator.history.progress import Moment, progress_in
from simulator.history.samples import LagSample, ProcessSample, samples_in
from simulator.history.verdict import Finding, Verdict
from simulator.measure.measurements import Measurements
from simulator.trace.recording import NoRecording, recorded
from simulator.trace.records import Place

_PLACE = re.compile(r"(.+)\[([0-9]{1,9})\]@([0-9]{1,18})")

Percentiles = dict[str, float | None]
"""Milliseconds by `p50` and so on; None where that operation had no answer, or there was none."""


class Figures(msgspec.Struct, frozen=True, rename="camel"):
    """Of an operation, a stage, or all requests together."""

    planned: int
    ok: int
    refused: int
    failed: int
    unknown: int
    dropped: int
    late: int
    planned_per_second: float
    answered_per_second: float
    response: Percentiles
    service: Percentiles


class Objective(msgspec.Struct, frozen=True):
    """An SLO. `measured` is in microseconds, percent or answers a second."""

    slo: str
    verdict: str
    measured: float | None
    samples: int
    reason: str


class Process(msgspec.Struct, frozen=True, rename="camel"):
    """The CPU, in cores, and the memory, in bytes, that a process used during the load."""

    cpu_mean: float
    cpu_peak: float
    memory_first: int
    memory_last: int
    memory_peak: int
    memory_growth_percent: float | None
    memory_flat: bool | None
    started_again: int


class MostLag(msgspec.Struct, frozen=True, rename="camel"):
    """The largest lag of a group."""

    most_records: int
    most_seconds: float


class Work(msgspec.Struct, frozen=True, rename="camel"):
    """The load generator: why it was the limit, if it was, and its pacing error in milliseconds."""

    limit: str | None
    pacing_error_p50: float | None
    pacing_error_p99: float | None


class Summary(msgspec.Struct, frozen=True, rename="camel"):
    """`summary.json`."""

    run_id: str
    seed: int
    verdict: Verdict
    exit_code: int
    interrupted: bool
    failure: str
    reasons: list[Finding]
    seconds: float
    drained: bool
    open_sagas: int
    requests: Figures
    operations: dict[str, Figures]
    generator: Work
    lag: dict[str, MostLag]
    slos: list[Objective]
    processes: dict[str, Process] = {}

    @property
    def partial(self) -> bool:
        """Whether the run did not get to its end."""
        return self.interrupted or bool(self.failure)


class Mark(NamedTuple):
    """A violation at a time, in microseconds of Unix time."""

    at: int
    check: str
    about: str


class Results(NamedTuple):
    """A run that has ended."""

    record: RunRecord
    summary: Summary
    measurements: Measurements
    faults: Sequence[FaultRecord] = ()
    lags: Sequence[LagSample] = ()
    processes: Sequence[ProcessSample] = ()
    moments: Sequence[Moment] = ()
    judged: Report | None = None
    """None where the run was not judged."""
    marks: Sequence[Mark] = ()


def read_results(directory: RunDirectory) -> Results:
    """Read a run.

    Raises:
        OSError: it has no results: it is under way, or was killed; or a file cannot be read.
        msgspec.MsgspecError: a file is damaged.
    """
    judged = None
    if directory.violations.exists():
        judged = msgspec.json.decode(directory.violations.read_bytes(), type=Report)
    measurements = Measurements()
    if directory.measurements.exists():
        measurements = msgspec.json.decode(directory.measurements.read_bytes(), type=Measurements)
    return Results(
        record=directory.read(),
        summary=msgspec.json.decode(directory.summary.read_bytes(), type=Summary),
        measurements=measurements,
        faults=faults_in(directory.faults),
        lags=samples_in(directory.lag, LagSample),
        processes=samples_in(directory.processes, ProcessSample),
        moments=[each for each in progress_in(directory.progress) if isinstance(each, Moment)],
        judged=judged,
        marks=marks_of(directory, judged.violations) if judged is not None else (),
    )


def marks_of(directory: RunDirectory, violations: Sequence[Evidence]) -> list[Mark]:
    """The violations that show when they were: by the last record that is their evidence, else by the last request."""
    wanted = {place for violation in violations for place in map(place_of, violation.places) if place is not None}
    records = _times_of_records(directory, wanted) if wanted else {}
    about = {name for each in violations for name in (each.about, each.correlation_id) if name}
    requests = _times_of_requests(directory, about) if violations else {}
    marks = []
    for violation in violations:
        times = [records[place] for place in map(place_of, violation.places) if place in records]
        times = times or [requests[name] for name in (violation.about, violation.correlation_id) if name in requests]
        if times:
            marks.append(Mark(max(times), violation.check, violation.about))
    return marks


def place_of(text: str) -> Place | None:
    """The place that `topic[partition]@offset` means; None for another text."""
    found = _PLACE.fullmatch(text)
    return None if found is None else (found[1], int(found[2]), int(found[3]))


def _times_of_records(directory: RunDirectory, wanted: set[Place]) -> dict[Place, int]:
    try:
        return {
            record.place: record.written_at
            for batch in recorded(directory.records)
            for record in batch
            if record.place in wanted
        }
    except (NoRecording, OSError):  # the page is made all the same, without these marks
        return {}


def _times_of_requests(directory: RunDirectory, wanted: Iterable[str]) -> dict[str, int]:
    if not directory.operations.exists():
        return {}
    names = set(wanted)
    return {
        name: operation.sent_at
        for operation in operations_in(directory.operations)
        for name in (operation.order_id, operation.request_id)
        if name in names
    }
