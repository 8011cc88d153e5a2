"""Judges a run from what was measured and recorded, and writes the files that say so."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import msgspec

from simulator.history import FaultRecord, Operation, RunDirectory, RunRecord, faults_in, operations_in
from simulator.history.samples import LagSample, ProcessSample, samples_in
from simulator.history.verdict import Finding, Verdict, finding_of
from simulator.measure.judging import Judgement, judged
from simulator.measure.measurements import Measurements
from simulator.measure.ranges import FaultTime, Timeline, TimeRange
from simulator.measure.slo import Slo
from simulator.run.hits import with_hits
from simulator.run.plugs import Judge, Judged
from simulator.run.process_figures import process_figures
from simulator.run.results import figure_lines, generator_finding, process_lines, summary_document
from simulator.run.sagas import Sagas
from simulator.run.stages import measured_sagas


class Outcomes(NamedTuple):
    """All that came of a run until its end, or until it was interrupted."""

    record: RunRecord
    measurements: Measurements
    """Of the requests."""
    faults: Sequence[FaultRecord]
    sagas: Sagas | None
    findings: Sequence[Finding]


class JudgedRun(NamedTuple):
    """A run with its verdicts."""

    record: RunRecord
    measurements: Measurements
    """Of requests and sagas."""
    timeline: Timeline
    judgements: Sequence[Judgement]
    findings: Sequence[Finding]
    open_sagas: int
    lags: Sequence[LagSample]
    processes: dict[str, dict[str, Any]]
    """The CPU and memory that each process used during the load."""
    judged: Sequence[Judged]

    def document(self, verdict: Verdict, exit_code: int) -> dict[str, Any]:
        """The summary for programs."""
        return summary_document(
            self.record,
            verdict,
            exit_code,
            self.findings,
            self.measurements,
            self.timeline,
            self.judgements,
            open_sagas=self.open_sagas,
            lags=self.lags,
            processes=self.processes,
        )

    def lines(self) -> list[str]:
        """The summary for people."""
        said = [line for judged in self.judged for line in judged.lines]
        figures = [*figure_lines(self.measurements, self.timeline), *process_lines(self.processes)]
        return [*figures, *said, *map(str, self.findings)]


def judged_run(directory: RunDirectory, outcomes: Outcomes, slos: Sequence[Slo], judges: Sequence[Judge]) -> JudgedRun:
    """The verdicts; `measurements.json` and `faults.jsonl` are there then. A partial run is not given to judges."""
    record, measurements, open_sagas = outcomes.record, Measurements(), 0
    measurements.add(outcomes.measurements)
    if outcomes.sagas is not None and record.started_at:
        of_sagas, open_sagas = measured_sagas(
            _operations(directory), outcomes.sagas, record.started_at, record.drained_at or record.ended_at
        )
        measurements.add(of_sagas)
    directory.measurements.write_bytes(msgspec.json.encode(measurements))
    faults = outcomes.faults
    if faults and outcomes.sagas is not None:
        sagas = outcomes.sagas.by_order.values()
        faults = with_hits(outcomes.faults, _operations(directory), sagas, record.load_ended_at)
        directory.faults.write_bytes(msgspec.json.Encoder().encode_lines(faults))
    timeline = _timeline(record, faults)
    judgements = [judged(slo, measurements, timeline) for slo in slos]
    findings = [*outcomes.findings, *filter(None, map(finding_of, judgements))]
    findings += [
        Finding(Verdict.UNKNOWN, f"the fault {fault.name} {fault.missed}, so it has shown nothing")
        for fault in faults
        if fault.missed
    ]
    limited = generator_finding(measurements, timeline) if record.started_at else None
    if limited is not None:
        findings.append(limited)
    whole = record.drained_at and not record.interrupted and not record.failure
    by_judges = [judge(directory) for judge in judges] if whole else []
    findings += [finding for each in by_judges for finding in each.findings]
    lags = samples_in(directory.lag, LagSample)
    used = process_figures(
        samples_in(directory.processes, ProcessSample), record.started_at, record.load_ended_at or record.ended_at
    )
    return JudgedRun(record, measurements, timeline, judgements, findings, open_sagas, lags, used, by_judges)


def judged_again(directory: RunDirectory, slos: Iterable[Slo]) -> list[Judgement]:
    """Objectives about a stored run.

    Raises:
        msgspec.MsgspecError: a file of the run is damaged.
        OSError: a file is missing, or cannot be read.
    """
    measurements = msgspec.json.decode(directory.measurements.read_bytes(), type=Measurements)
    timeline = _timeline(directory.read(), faults_in(directory.faults))
    return [judged(slo, measurements, timeline) for slo in slos]


def _timeline(record: RunRecord, faults: Iterable[FaultRecord]) -> Timeline:
    """The time in which operations were planned, and the faults in it."""
    started, ended = record.started_at, max(record.started_at, record.load_ended_at)
    found = []
    for fault in faults:
        if fault.begun_at:
            begun = max(0, fault.begun_at - started)
            times = TimeRange(begun, max(begun, (fault.ended_at or ended) - started))
            found.append(FaultTime(fault.name, times))
    return Timeline(TimeRange(0, min(record.planned_us, ended - started)), found)


def _operations(directory: RunDirectory) -> Iterable[Operation]:
    return operations_in(directory.operations) if directory.operations.exists() else ()
