"""The verdict on a run by its violations, and both in words. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from simulator.auditor.audit import Judgement
from simulator.auditor.checks import MEANING, Check, Kind, kind_of
from simulator.auditor.evidence import Evidence
from simulator.auditor.sometimes import Happening
from simulator.history.directory import RunRecord
from simulator.history.verdict import Finding, Verdict

_MOST_SHOWN = 3
"""Violations of one check that are printed."""


class Report(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The verdict with its evidence, as `violations.json` has it.

    `reasons` are one finding for each check that is violated, and one for each thing that keeps the run from showing
    that all is well. `counts` are all violations by check, `violations` the first of each; `sometimes` is how often
    things happened without which a run shows nothing.
    """

    verdict: Verdict
    exit_code: int
    reasons: Sequence[Finding]
    orders: int
    records: int
    operations: int
    counts: Mapping[str, int]
    sometimes: Mapping[str, int]
    violations: Sequence[Evidence]


def findings_of(judgement: Judgement, run: RunRecord, missing: Sequence[str]) -> list[Finding]:
    """The findings on a run; none where it shows that every check holds.

    What is only missing is a violation once everything was consumed and read. `missing` are the requests after the
    drain that the services did not answer.
    """
    verdicts = _verdicts(judgement, run)
    findings = [
        Finding(verdicts[kind_of(check)], f"{check}: {count:,} × {MEANING[Check(check)]}")
        for check, count in sorted(judgement.counts.items())
    ]
    if not run.drained:
        findings.append(Finding(_undrained(run), "the run ended before everything was consumed"))
    if missing:
        more = f", and {len(missing) - 1:,} more" if len(missing) > 1 else ""
        findings.append(Finding(Verdict.UNKNOWN, f"requests after the drain were not answered: {missing[0]}{more}"))
    if not judgement.orders:
        findings.append(Finding(Verdict.UNKNOWN, "there was no order, so nothing was shown of orders"))
    return findings


def _verdicts(judgement: Judgement, run: RunRecord) -> dict[Kind, Verdict]:
    """The verdict that a violation means, by the kind of its check."""
    all_read = not run.unread and Kind.UNREAD not in map(kind_of, judgement.counts)
    consumed = Verdict.VIOLATED if all_read else Verdict.UNKNOWN
    return {
        Kind.WRONG: Verdict.VIOLATED,
        Kind.MISSING: consumed if run.drained else _undrained(run),
        Kind.UNREAD: Verdict.UNKNOWN,
    }


def _undrained(run: RunRecord) -> Verdict:
    """The verdict on a run without an end of its drain: only one that had the time for it was not drained."""
    broken_off = run.interrupted or run.failure or run.unread or not run.load_ended_at
    return Verdict.UNKNOWN if broken_off else Verdict.NOT_DRAINED


def short_lines(report: Report) -> list[str]:
    """In two lines: how much was judged, and how often things happened without which that shows nothing."""
    happened = [f"{_word(what)} {count:,}" for what, count in report.sometimes.items() if count]
    never = [_word(what) for what, count in report.sometimes.items() if not count]
    return [
        f"judged: {report.records:,} records, {report.orders:,} orders, {report.operations:,} operations",
        f"happened: {', '.join(happened) or 'nothing'}; never: {', '.join(never) or 'nothing'}",
    ]


def lines_of(report: Report) -> list[str]:
    """The whole report, with the evidence of the first violations of each check."""
    lines = [*short_lines(report), *map(str, report.reasons)]
    drawn: set[str | None] = set()
    for check in sorted(report.counts):
        lines += ["", f"{check}:"]
        shown = [each for each in report.violations if each.check == check][:_MOST_SHOWN]
        for violation in shown:
            # One with all its evidence is enough to see what is meant; the file has the others.
            full = violation is shown[0] and violation.correlation_id not in drawn
            lines += _lines(violation, full=full)
            drawn.add(violation.correlation_id if violation.flow else None)
    never = [what for what, count in report.sometimes.items() if not count]
    if never:
        lines += ["", "This run does not show whether all is well where", *(f"  {what}" for what in never)]
    return [*lines, "", f"verdict: {report.verdict.value}"]


def _word(happening: str) -> str:
    return Happening(happening).name.lower().replace("_", " ")


def _lines(violation: Evidence, *, full: bool) -> list[str]:
    lines = [f"  {violation.about}: {violation.detail}"]
    if full:
        lines += [f"    {line}" for line in (*violation.events, *violation.operations, *violation.flow)]
    if violation.replay:
        lines.append(f"    {violation.replay}")
    return lines
