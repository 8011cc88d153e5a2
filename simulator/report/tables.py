"""The tables of the page of a run. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from xml.etree.ElementTree import Element

from services_stub.contracts.encoding import indented_json
from simulator.auditor.checks import MEANING, Check
from simulator.auditor.evidence import Evidence
from simulator.auditor.verdict import Report
from simulator.history.operations import STAGES
from simulator.history.verdict import Finding
from simulator.measure.measurements import SECOND
from simulator.measure.slo import InvalidSlo, parse_slo
from simulator.measure.text import latency_text, measured_text
from simulator.report.markup import Content, add_all, make
from simulator.report.results import Figures, Objective, Results

_MANY = 4
"""Columns that need the whole width."""

_SHOWN = 5
"""Violations of one check whose evidence is on the page."""

Cell = Content | tuple[str, str]
"""The content of a cell; a number is a pair of `number` and its text."""


def table(headings: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Element:
    """A table; columns whose cells are numbers are aligned to the right."""
    body = [list(row) for row in rows]
    numbers = {place for row in body for place, cell in enumerate(row) if isinstance(cell, tuple)}
    head = make("tr")
    for place, heading in enumerate(headings):
        head.append(make("th", {"scope": "col", **({"class": "number"} if place in numbers else {})}, heading))
    lines = make("tbody")
    for row in body:
        lines.append(add_all(make("tr"), map(_cell, row)))
    few = {"class": "few"} if len(headings) < _MANY else {}
    return make("div", {"class": "scrolls", "tabindex": "0"}, make("table", few, make("thead", {}, head), lines))


def number(value: float | None, unit: str = "") -> tuple[str, str]:
    """The cell of a number; a dash for one that is not known."""
    if value is None:
        return "number", "–"
    text = f"{value:,.0f}" if isinstance(value, int) or abs(value) >= 1000 else f"{value:,.3g}"
    return "number", text + unit


def findings(reasons: Sequence[Finding]) -> Element:
    """Why the verdict is as it is."""
    return table(("verdict", "reason"), ((badge(reason.verdict.value), reason.reason) for reason in reasons))


def objectives(slos: Sequence[Objective]) -> Element:
    """The objectives."""
    rows = (
        (
            badge(each.verdict),
            make("code", {}, each.slo),
            ("number", objective_text(each)),
            number(each.samples),
            each.reason,
        )
        for each in slos
    )
    return table(("verdict", "objective", "measured", "operations", "reason"), rows)


def objective_text(objective: Objective) -> str:
    """The figure that was measured, in its unit."""
    try:
        return measured_text(parse_slo(objective.slo), objective.measured)
    except InvalidSlo:  # another version wrote it
        return f"{objective.measured}"


def operations(results: Results, *, stages: bool) -> Element:
    """The figures of each operation, or of each stage of the sagas."""
    known = results.summary.operations
    names = [name for name in STAGES if name in known] if stages else sorted(set(known) - set(STAGES))
    rows = [_figures(name, known[name]) for name in names]
    if not stages:
        rows.append(_figures("all requests", results.summary.requests))
    first = "stage" if stages else "operation"
    headings = (
        "planned",
        "ok",
        "refused",
        "no answer",
        "late",
        "p50",
        "p95",
        "p99",
        "p99.9",
        "max",
        "raw p50",
        "raw p99",
    )
    return table((first, *headings), rows)


def _figures(name: str, figures: Figures) -> list[Cell]:
    none = figures.failed + figures.unknown + figures.dropped
    counts = [number(each) for each in (figures.planned, figures.ok, figures.refused, none, figures.late)]
    corrected = [latency(figures.response.get(each), figures) for each in ("p50", "p95", "p99", "p99.9", "max")]
    raw = [latency(figures.service.get(each), figures) for each in ("p50", "p99")]
    return [name, *counts, *corrected, *raw]


def latency(milliseconds: float | None, figures: Figures) -> tuple[str, str]:
    """The cell of a percentile; `none` where that operation had no answer."""
    if milliseconds is None:
        return "number", "none" if figures.planned else "–"
    return "number", latency_text(milliseconds * 1000)


def faults(results: Results) -> Element:
    """The faults, with what each hit."""
    started = results.record.started_at

    def moment(at: int) -> tuple[str, str]:
        return ("number", f"{(at - started) / SECOND:.1f} s") if at else ("number", "–")

    rows = (
        (
            fault.name,
            moment(fault.planned_at),
            moment(fault.begun_at),
            moment(fault.ended_at),
            number(fault.hit_sagas),
            number(fault.hit_requests),
            fault.note,
        )
        for fault in results.faults
    )
    return table(("fault", "planned", "begun", "ended", "sagas hit", "requests hit", "note"), rows)


def lags(results: Results) -> Element:
    """The largest lag of each group."""
    rows = (
        (group, number(lag.most_records), number(lag.most_seconds, " s"))
        for group, lag in sorted(results.summary.lag.items())
    )
    return table(("consumer group", "most records", "oldest record"), rows)


def processes(results: Results) -> Element:
    """The CPU and memory that each process used during the load."""
    rows = []
    for name, used in results.summary.processes.items():
        memory = [number(each / 2**20, " MiB") for each in (used.memory_first, used.memory_last, used.memory_peak)]
        growth = (
            ("number", "–")
            if used.memory_growth_percent is None
            else ("number", f"{used.memory_growth_percent:+.1f} %")
        )
        flat = {None: "too short to tell", True: "flat", False: "grew"}[used.memory_flat]
        cells: list[Cell] = [
            name,
            number(used.cpu_mean),
            number(used.cpu_peak),
            *memory,
            growth,
            flat,
            number(used.started_again),
        ]
        rows.append(cells)
    headings = (
        "process",
        "CPU mean",
        "CPU peak",
        "memory first",
        "last",
        "peak",
        "growth",
        "after warm-up",
        "started again",
    )
    return table(headings, rows)


def judged_words(judged: Report) -> str:
    """How much was judged."""
    return f"{judged.records:,} records, {judged.orders:,} orders and {judged.operations:,} operations"


def happenings(results: Results) -> Element:
    """How often things happened without which a run shows nothing."""
    assert results.judged is not None
    return table(("happened", "times"), ((what, number(count)) for what, count in results.judged.sometimes.items()))


def checks(results: Results) -> Element:
    """All checks of the auditor, those that are violated first."""
    assert results.judged is not None
    counts = results.judged.counts
    ordered = sorted(Check, key=lambda check: (-counts.get(check, 0), check))
    return table(
        ("check", "violations", "it would mean"),
        ((make("code", {}, check), number(counts.get(check, 0)), MEANING[check]) for check in ordered),
    )


def violations(results: Results) -> list[Element]:
    """The first violations of each check, with their evidence."""
    assert results.judged is not None
    found: list[Element] = []
    for check in sorted(results.judged.counts):
        known = [each for each in results.judged.violations if each.check == check]
        count = results.judged.counts[check]
        found.append(make("h3", {}, make("code", {}, check), f" {count:,} × {known[0].meaning if known else ''}"))
        found += [_violation(each, is_open=place == 0) for place, each in enumerate(known[:_SHOWN])]
        if count > _SHOWN:
            found.append(
                make(
                    "p",
                    {"class": "quiet"},
                    f"{count - _SHOWN:,} more are counted; violations.json has evidence of more.",
                )
            )
    return found


def _violation(violation: Evidence, *, is_open: bool) -> Element:
    details = make("details", {"class": "evidence", **({"open": "open"} if is_open else {})})
    details.append(make("summary", {}, make("strong", {}, violation.about or "the log"), f": {violation.detail}"))
    for title, lines in (("records", violation.events), ("requests", violation.operations), ("flow", violation.flow)):
        if lines:
            details.append(make("h4", {}, title))
            details.append(make("pre", {"tabindex": "0"}, "\n".join(lines)))
    if violation.places and not violation.events:
        details.append(make("p", {}, ", ".join(violation.places)))
    if violation.replay:
        details.append(make("h4", {}, "see it again"))
        details.append(make("pre", {"tabindex": "0"}, violation.replay))
    return details


def conditions(results: Results) -> Element:
    """The versions, the machine and the target."""
    record = results.record
    target = record.target
    rows: list[tuple[str, str]] = [
        ("run", record.run_id),
        ("seed", str(record.seed)),
        ("workers", str(record.workers)),
        ("gateway", target.gateway),
        ("Kafka", target.bootstrap_servers),
        ("marketplace", "started for this run" if target.fresh else target.data_dir or "elsewhere"),
        *record.versions.items(),
        *record.machine.items(),
    ]
    return table(("condition", "value"), rows_of_text(rows))


def rows_of_text(rows: Iterable[tuple[str, str]]) -> Iterable[list[Cell]]:
    """Pairs of texts as rows; a pair itself would be a number."""
    return ([name, value] for name, value in rows)


def configuration(results: Results) -> Element:
    """The scenario, as it was run."""
    return make("pre", {"tabindex": "0"}, indented_json(results.record.scenario))


def badge(verdict: str) -> Element:
    """A verdict: a sign, and the word."""
    good, bad = verdict in ("pass", "met"), verdict in ("invariant violated", "SLO missed", "not drained", "missed")
    kind, sign = ("good", "✓") if good else ("bad", "✗") if bad else ("open", "?")
    return make("span", {"class": f"badge {kind}"}, f"{sign} {verdict}")


def _cell(cell: Cell) -> Element:
    if isinstance(cell, tuple):
        return make("td", {"class": cell[0]}, cell[1])
    return make("td", {}, cell)
