"""Verdicts and exit codes of a run."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

import msgspec

from simulator.measure.judging import Judgement
from simulator.measure.judging import Verdict as Objective
from simulator.measure.text import measured_text


class Verdict(Enum):
    """The result of a run; each has its exit code. Of several, the first in this order counts."""

    VIOLATED = "invariant violated"
    NOT_DRAINED = "not drained"
    SLO_MISSED = "SLO missed"
    UNKNOWN = "unknown"
    PASS = "pass"

    @property
    def exit_code(self) -> int:
        """The exit code of `marketplace simulate run`."""
        return _EXIT_CODES[self]


_EXIT_CODES = {
    Verdict.PASS: 0,
    Verdict.VIOLATED: 1,
    Verdict.UNKNOWN: 2,
    Verdict.SLO_MISSED: 3,
    Verdict.NOT_DRAINED: 4,
}
BAD_ARGUMENTS, NOT_REACHABLE, INTERNAL_ERROR, INTERRUPTED = 64, 69, 70, 130


_WITHOUT = {INTERRUPTED: "interrupted: these results are partial", INTERNAL_ERROR: "internal error"}


def result_words(verdict: str, exit_code: int) -> str:
    """The verdict of a run; where it did not get to its end, the reason that it has none."""
    return _WITHOUT.get(exit_code, verdict)


class Finding(msgspec.Struct, frozen=True):
    """A verdict on a part of a run, with its reason in words."""

    verdict: Verdict
    reason: str

    def __str__(self) -> str:
        return f"{self.verdict.value}: {self.reason}"


def worst(findings: Iterable[Finding]) -> Verdict:
    """The verdict of all findings together; without one it is a pass."""
    found = {finding.verdict for finding in findings}
    return next((verdict for verdict in Verdict if verdict in found), Verdict.PASS)


def finding_of(judgement: Judgement) -> Finding | None:
    """The finding that an objective is, unless it was met."""
    if judgement.verdict is Objective.MET:
        return None
    verdict = Verdict.SLO_MISSED if judgement.verdict is Objective.MISSED else Verdict.UNKNOWN
    return Finding(verdict, f"{judgement.slo}: {judgement.verdict.value}{_because(judgement)}")


def _because(judgement: Judgement) -> str:
    if judgement.reason:
        return f", {judgement.reason}"
    return "" if judgement.measured is None else f", measured {measured_text(judgement.slo, judgement.measured)}"
