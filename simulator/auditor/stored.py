"""Judges a stored run: its files are read once, and once more for the evidence of what was found."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

from simulator.auditor.audit import Auditor, Judgement
from simulator.auditor.evidence import Evidence, evidence_of
from simulator.auditor.verdict import Report, verdict_of
from simulator.history.directory import RunDirectory, put_json
from simulator.history.final import final_in
from simulator.history.operations import faults_in, operations_in
from simulator.trace.recording import recorded


def check(directory: RunDirectory) -> Report:
    """Judge a run, and write `violations.json`.

    Raises:
        NoRecording: the recording is none, or is damaged.
        msgspec.MsgspecError: another file of the run is damaged.
        OSError: a file is missing, or cannot be read or written.
    """
    with _no_collection():
        judgement = judge(directory)
        evidence: list[Evidence] = []
        if judgement.violations:
            evidence = evidence_of(directory, judgement.violations)
    verdict, why = verdict_of(judgement, directory.read(), answered=directory.final.exists())
    report = Report(
        verdict=verdict,
        exit_code=verdict.exit_code,
        why=why,
        orders=judgement.orders,
        records=judgement.records,
        operations=judgement.operations,
        counts=judgement.counts,
        sometimes=judgement.sometimes,
        violations=evidence,
    )
    put_json(directory.violations, report)
    return report


def judge(directory: RunDirectory) -> Judgement:
    """Read all of a run, and judge it; raises as `check` does."""
    run = directory.read()
    auditor = Auditor()
    for batch in recorded(directory.records):
        auditor.take(batch)
    if directory.operations.exists():
        auditor.take_operations(operations_in(directory.operations))
    complete = run.target.fresh and not run.interrupted and not run.failure
    return auditor.end(final_in(directory.final), faults_in(directory.faults), exclusive=complete)


@contextmanager
def _no_collection() -> Iterator[None]:
    """The garbage collector pauses: among so many new objects it would look for cycles a good part of the time."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()
