"""The auditor as a judge of runs."""

from __future__ import annotations

import shlex

import msgspec

from simulator.auditor.stored import check
from simulator.auditor.verdict import short_lines
from simulator.history import RunDirectory
from simulator.history.verdict import Finding, Verdict
from simulator.run.plugs import Judged
from simulator.trace.recording import NoRecording


def audited(directory: RunDirectory) -> Judged:
    """Judge a run by its events, operations and answers; `violations.json` is there then, unless a file is damaged."""
    try:
        report = check(directory)
    except (NoRecording, msgspec.MsgspecError, OSError) as error:
        return Judged([Finding(Verdict.UNKNOWN, f"the run cannot be judged: {error}")])
    lines = short_lines(report)
    if report.violations:
        lines.append(f"evidence: marketplace simulate check {shlex.quote(str(directory.path))}")
    return Judged(report.reasons, lines)
