"""A run as Markdown, `summary.md`, for example for a pull request. Pure.

Text that a run has recorded of others stands in code spans and fences: there nothing is markup, a mention or a link.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from html import escape

from simulator.history.operations import STAGES
from simulator.measure.measurements import SECOND
from simulator.measure.text import latency_text
from simulator.report.page import partial_words, verdict_of
from simulator.report.results import Figures, Results
from simulator.report.tables import judged_words, objective_text
from simulator.trace.drawings.plain import plain

_SHOWN = 3
"""Violations of one check with their evidence."""


def markdown(results: Results) -> str:
    """The document."""
    return "\n".join(_lines(results)) + "\n"


def code(text: str) -> str:
    """A code span that shows a text as it is; a dash for none."""
    text = plain(text)
    if not text:
        return "–"
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", text)), default=0))
    both = text.startswith(" ") and text.endswith(" ") and bool(text.strip())
    pad = " " if text.startswith("`") or text.endswith("`") or both else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def fenced(lines: Iterable[str]) -> list[str]:
    """Lines as they are, in a fence that none of them can end."""
    content = [plain(line) for line in lines]
    longest = max((len(run) for line in content for run in re.findall("`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    return [f"{fence}text", *content, fence]


def table(headings: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: int) -> list[str]:
    """A table whose last columns, so many, are numbers."""
    rule = ["---"] * (len(headings) - numbers) + ["---:"] * numbers
    return [_row(headings), _row(rule), *(_row([cell.replace("|", "\\|") for cell in row]) for row in rows), ""]


def _lines(results: Results) -> Iterator[str]:
    summary = results.summary
    yield f"## {_sign(verdict_of(results))} {verdict_of(results)}: run {code(results.record.run_id)}"
    yield ""
    if words := partial_words(results):
        yield f"**{code(words)}**"
        yield ""
    requests = summary.requests
    yield (
        f"Seed {summary.seed}, {summary.seconds:.0f} s, {requests.planned:,} requests "
        f"({requests.planned_per_second:.1f}/s planned, {requests.answered_per_second:.1f}/s answered), "
        f"p50 {_latency(requests, 'p50')}, p99 {_latency(requests, 'p99')}, {summary.open_sagas:,} open sagas."
    )
    yield ""
    if summary.generator.limit:
        yield f"These latencies are not the target's alone: {code(summary.generator.limit)}."
        yield ""
    for reason in summary.reasons:
        yield f"- {reason.verdict.value}: {code(reason.reason)}"
    if summary.reasons:
        yield ""
    yield from _objectives(results)
    yield from _operations(results)
    yield from _faults(results)
    yield from _violations(results)


def _objectives(results: Results) -> Iterator[str]:
    slos = results.summary.slos
    if slos:
        rows = [
            [f"{_sign(each.verdict)} {each.verdict}", code(each.slo), objective_text(each), f"{each.samples:,}"]
            for each in slos
        ]
        yield from table(("", "objective", "measured", "operations"), rows, numbers=2)


def _operations(results: Results) -> Iterator[str]:
    known = results.summary.operations
    names = [*sorted(set(known) - set(STAGES)), *(name for name in STAGES if name in known)]
    rows = []
    for name in names:
        each = known[name]
        none = each.failed + each.unknown + each.dropped
        counts = [f"{count:,}" for count in (each.planned, each.ok, each.refused, none)]
        rows.append([code(name), *counts, *(_latency(each, percent) for percent in ("p50", "p95", "p99"))])
    if rows:
        headings = ("operation", "planned", "ok", "refused", "no answer", "p50", "p95", "p99")
        yield from table(headings, rows, numbers=7)


def _faults(results: Results) -> Iterator[str]:
    if results.faults:
        rows = [
            [
                code(fault.name),
                code(fault.note),
                f"{(fault.begun_at - results.record.started_at) / SECOND:.1f} s" if fault.begun_at else "–",
                f"{(fault.ended_at - fault.begun_at) / SECOND:.1f} s" if fault.ended_at else "–",
                f"{fault.hit_sagas:,}",
                f"{fault.hit_requests:,}",
            ]
            for fault in results.faults
        ]
        yield from table(("fault", "note", "begun", "lasted", "sagas hit", "requests hit"), rows, numbers=4)


def _violations(results: Results) -> Iterator[str]:
    judged = results.judged
    if judged is None:
        yield "The run was not judged."
        return
    if not judged.counts:
        yield f"No violations in {judged_words(judged)}."
    for check, count in sorted(judged.counts.items()):
        yield f"<details><summary>{count:,} × <code>{escape(check)}</code></summary>"
        yield ""
        for each in [each for each in judged.violations if each.check == check][:_SHOWN]:
            yield f"{code(each.about)}: {code(each.detail)}"
            yield ""
            replay = [each.replay] if each.replay else []
            yield from fenced([*each.events, *each.operations, *each.flow, *replay])
            yield ""
        yield "</details>"
        yield ""


def _latency(figures: Figures, percent: str) -> str:
    milliseconds = figures.response.get(percent)
    if milliseconds is None:
        return "none" if figures.planned else "–"
    return latency_text(milliseconds * 1000)


def _sign(verdict: str) -> str:
    if verdict in ("pass", "met"):
        return "✅"
    return "❔" if verdict in ("unknown", "interrupted", "internal error") else "❌"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
