"""The verdict on a run, its exit code, and both in words. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

import msgspec

from simulator.auditor.audit import Judgement
from simulator.auditor.checks import MEANING, Check, Kind, kind_of
from simulator.auditor.evidence import Evidence
from simulator.history.directory import RunRecord

_MOST_SHOWN = 3
"""Violations of one check that are printed."""


class Verdict(Enum):
    """The verdict on a run."""

    PASS = "pass"
    VIOLATED = "violated"
    UNKNOWN = "unknown"
    NOT_DRAINED = "not drained"

    @property
    def exit_code(self) -> int:
        """The exit code of a command that ends with it."""
        return {Verdict.PASS: 0, Verdict.VIOLATED: 1, Verdict.UNKNOWN: 2, Verdict.NOT_DRAINED: 4}[self]


class Report(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The verdict with its evidence, as `violations.json` has it.

    `counts` are all violations by check, `violations` the first of each; `sometimes` is how often things happened
    without which a run shows nothing.
    """

    verdict: Verdict
    exit_code: int
    why: str
    orders: int
    records: int
    operations: int
    counts: Mapping[str, int]
    sometimes: Mapping[str, int]
    violations: list[Evidence]


def verdict_of(judgement: Judgement, run: RunRecord, *, answered: bool) -> tuple[Verdict, str]:
    """The verdict on a run, and why.

    What is only missing is a violation once everything was consumed. `answered` says whether the services were asked
    after the drain.
    """
    kinds = {kind_of(check) for check in judgement.counts}
    if Kind.WRONG in kinds:
        return Verdict.VIOLATED, "something is there that must not be"
    if Kind.MISSING in kinds and run.drained and Kind.UNREAD not in kinds:
        return Verdict.VIOLATED, "something is missing, and everything was consumed"
    if Kind.MISSING in kinds and run.load_ended_at and not run.drained and not run.interrupted and not run.failure:
        return Verdict.NOT_DRAINED, "something was still missing when the time for the drain was over"
    if Kind.UNREAD in kinds:
        return Verdict.UNKNOWN, "records were not read"
    if not run.drained or not answered:
        return Verdict.UNKNOWN, "the run ended before everything was consumed, and the services were asked"
    if not judgement.orders:
        return Verdict.UNKNOWN, "there was no order"
    return Verdict.PASS, "every check holds"


def lines_of(report: Report) -> list[str]:
    """The verdict for people, with the evidence of the first violations of each check."""
    lines = [
        f"verdict: {report.verdict.value} ({report.why})",
        f"judged {report.records:,} records, {report.orders:,} orders and {report.operations:,} operations",
    ]
    drawn: set[str | None] = set()
    for check, count in sorted(report.counts.items()):
        lines += ["", f"{check}: {count:,} × {MEANING.get(Check(check), '')}"]
        shown = [each for each in report.violations if each.check == check][:_MOST_SHOWN]
        for violation in shown:
            # One with all its evidence is enough to see what is meant; the file has the others.
            full = violation is shown[0] and violation.correlation_id not in drawn
            lines += _lines(violation, full=full)
            drawn.add(violation.correlation_id if violation.flow else None)
    never = [what for what, count in report.sometimes.items() if not count]
    if never:
        lines += ["", "This run does not show whether all is well where", *(f"  {what}" for what in never)]
    return lines


def _lines(violation: Evidence, *, full: bool) -> list[str]:
    lines = [f"  {violation.about}: {violation.detail}"]
    if full:
        lines += [f"    {line}" for line in (*violation.events, *violation.operations, *violation.flow)]
    if violation.replay:
        lines.append(f"    {violation.replay}")
    return lines
