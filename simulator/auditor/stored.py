"""Judges a stored run: its files are read once, and once more for the evidence of what was found."""

from __future__ import annotations

from simulator.auditor.audit import Auditor, Judgement
from simulator.auditor.evidence import Evidence, evidence_of
from simulator.auditor.verdict import Report, findings_of
from simulator.history.directory import RunDirectory, RunRecord, put_json
from simulator.history.final import Final, final_in
from simulator.history.operations import faults_in, operations_in
from simulator.history.verdict import worst
from simulator.trace.collection import no_collection
from simulator.trace.recording import recorded


def check(directory: RunDirectory) -> Report:
    """Judge a run, and write `violations.json`.

    Raises:
        NoRecording: the recording is none, or is damaged.
        msgspec.MsgspecError: another file of the run is damaged.
        OSError: a file is missing, or cannot be read or written.
    """
    run, final = directory.read(), final_in(directory.final)
    with no_collection():
        judgement = _judgement(directory, run, final)
        evidence: list[Evidence] = []
        if judgement.violations:
            evidence = evidence_of(directory, judgement.violations)
    reasons = findings_of(judgement, run, final.missing)
    verdict = worst(reasons)
    report = Report(
        verdict=verdict,
        exit_code=verdict.exit_code,
        reasons=reasons,
        orders=judgement.orders,
        records=judgement.records,
        operations=judgement.operations,
        counts=judgement.counts,
        sometimes=judgement.sometimes,
        violations=evidence,
    )
    put_json(directory.violations, report)
    return report


def _judgement(directory: RunDirectory, run: RunRecord, final: Final) -> Judgement:
    auditor = Auditor(run.drained_at)
    for batch in recorded(directory.records):
        auditor.take(batch)
    if directory.operations.exists():
        auditor.take_operations(operations_in(directory.operations))
    complete = run.target.fresh and not run.interrupted and not run.failure
    return auditor.end(final, faults_in(directory.faults), exclusive=complete)
