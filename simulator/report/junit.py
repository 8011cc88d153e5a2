"""A run as JUnit's XML: one test case for each check, each objective and each condition of the verdict. Pure.

What was violated or missed is a failure, with its evidence. What the run could not show is an error, because a build
must not pass by it; the checks of a run that was not judged are skipped.
"""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element, indent, tostring

from simulator.auditor.checks import MEANING, Check
from simulator.auditor.evidence import Evidence
from simulator.history.verdict import Verdict
from simulator.report.markup import make
from simulator.report.page import partial_words, verdict_of
from simulator.report.results import Results
from simulator.report.tables import objective_text

_SHOWN = 3
"""Violations of one check whose evidence is in the file."""


def junit(results: Results) -> str:
    """The document."""
    suites = [
        _suite("invariants", results, list(_invariants(results))),
        _suite("objectives", results, list(_objectives(results))),
        _suite("run", results, list(_run(results))),
    ]
    root = make("testsuites", {"name": f"simulate {results.record.run_id}", **_totals(suites, results)}, *suites)
    indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _invariants(results: Results) -> Iterator[Element]:
    judged = results.judged
    for check in Check:
        case = _case("invariants", check)
        count = judged.counts.get(check, 0) if judged is not None else 0
        if judged is None:
            case.append(make("skipped", {"message": "the run was not judged"}))
        elif count:
            shown = [each for each in judged.violations if each.check == check][:_SHOWN]
            evidence = "\n\n".join(map(_evidence, shown))
            case.append(make("failure", {"message": f"{count:,} × {MEANING[check]}", "type": check}, evidence))
        yield case


def _objectives(results: Results) -> Iterator[Element]:
    for each in results.summary.slos:
        case = _case("objectives", each.slo)
        said = (
            f"measured {objective_text(each)} of {each.samples:,} operations{f'; {each.reason}' if each.reason else ''}"
        )
        if each.verdict == "missed":
            case.append(make("failure", {"message": said, "type": "missed"}))
        elif each.verdict != "met":
            case.append(make("error", {"message": said, "type": each.verdict}))
        yield case


def _run(results: Results) -> Iterator[Element]:
    summary = results.summary
    whole = _case("run", "the run came to its end")
    if words := partial_words(results):
        whole.append(make("error", {"message": words, "type": verdict_of(results)}, summary.failure))
    yield whole
    drained = _case("run", "all that was begun came to its end")
    if not summary.drained:
        kind = "error" if summary.partial else "failure"
        drained.append(make(kind, {"message": f"{summary.open_sagas:,} open sagas", "type": "not drained"}))
    yield drained
    for fault in results.faults:
        case = _case("run", f"fault {fault.name} hit something")
        if fault.missed:
            words = f"it {fault.missed}" if fault.begun_at or not fault.note else fault.note
            case.append(make("error", {"message": words, "type": "unknown"}))
        yield case
    verdict = _case("run", "verdict")
    if summary.reasons:
        kind = "error" if summary.verdict is Verdict.UNKNOWN else "failure"
        reasons = "\n".join(map(str, summary.reasons))
        verdict.append(make(kind, {"message": summary.verdict.value, "type": summary.verdict.value}, reasons))
    yield verdict


def _evidence(violation: Evidence) -> str:
    lines = [f"{violation.about}: {violation.detail}", *violation.events, *violation.operations, *violation.flow]
    return "\n".join([*lines, violation.replay] if violation.replay else lines)


def _case(suite: str, name: str) -> Element:
    return make("testcase", {"classname": f"simulate.{suite}", "name": name})


def _suite(name: str, results: Results, cases: list[Element]) -> Element:
    return make("testsuite", {"name": name, **_totals([make("testsuite", {}, *cases)], results)}, *cases)


def _totals(suites: list[Element], results: Results) -> dict[str, str]:
    cases = [case for suite in suites for case in suite.iter("testcase")]
    counts = {kind: sum(case.find(tag) is not None for case in cases) for kind, tag in _KINDS.items()}
    return {
        "tests": str(len(cases)),
        **{kind: str(count) for kind, count in counts.items()},
        "time": f"{results.summary.seconds:.3f}",
    }


_KINDS = {"failures": "failure", "errors": "error", "skipped": "skipped"}
