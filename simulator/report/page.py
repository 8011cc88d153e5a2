"""The page of a run, `report.html`: one file that needs no network and no scripts. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.resources import files
from xml.etree.ElementTree import Element, tostring

from services_stub.contracts.times import from_microseconds
from simulator.history.samples import SIMULATOR
from simulator.report import tables
from simulator.report.axes import time_text
from simulator.report.chart import NARROW, WIDE, Chart, figures_by_step
from simulator.report.markup import Content, add_all, make
from simulator.report.panels import Panel, panels_of
from simulator.report.results import Results
from simulator.report.series import length_of, step_length

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
"""Nothing is fetched, and nothing is carried out, whatever the page holds."""

_LATENCY = "From the planned start to the answer; raw: from the sending. No answer counts as slower than any answer."
_STEPS = 120
"""Rows of the table of the charts' figures."""


def page(results: Results) -> str:
    """The page."""
    title = f"Run {results.record.run_id}: {verdict_of(results)}"
    head = make(
        "head",
        {},
        make("meta", {"charset": "utf-8"}),
        make("meta", {"http-equiv": "Content-Security-Policy", "content": _POLICY}),
        make("meta", {"name": "viewport", "content": "width=device-width, initial-scale=1"}),
        make("meta", {"name": "color-scheme", "content": "light dark"}),
        make("title", {}, title),
        make("style", {}, files("simulator.report").joinpath("report.css").read_text(encoding="utf-8")),
    )
    body = make("body", {}, _header(results), add_all(make("main"), _sections(results)))
    return "<!doctype html>\n" + tostring(make("html", {"lang": "en"}, head, body), encoding="unicode", method="html")


def verdict_of(results: Results) -> str:
    """The verdict in words; a partial run has none."""
    summary = results.summary
    if summary.interrupted:
        return "interrupted"
    return "internal error" if summary.failure else summary.verdict.value


def partial_words(results: Results) -> str:
    """The words by which a partial run says that it is one; empty for a whole one."""
    summary = results.summary
    if summary.interrupted:
        return "The run was interrupted: these results are partial, and it was not judged."
    if summary.failure:
        return f"The run failed, and these results are partial: {summary.failure.splitlines()[0]}"
    return ""


def _header(results: Results) -> Element:
    summary, record = results.summary, results.record
    facts = [
        ("seed", str(record.seed)),
        ("load", time_text(summary.seconds)),
        ("requests", f"{summary.requests.planned:,}"),
        ("p99", _p99(results)),
        ("orders", f"{results.judged.orders:,}" if results.judged is not None else "–"),
        ("violations", f"{sum(results.judged.counts.values()):,}" if results.judged is not None else "–"),
        ("open sagas", f"{summary.open_sagas:,}"),
        ("faults", f"{len(results.faults):,}"),
    ]
    listed = make("dl")
    for name, value in facts:
        listed.append(make("div", {}, make("dt", {}, name), make("dd", {}, value)))
    said = [make("p", {"class": "partial"}, words)] if (words := partial_words(results)) else []
    description = str(record.scenario.get("description", ""))
    return make(
        "header",
        {},
        make("p", {"class": "kind"}, "Simulated load on the marketplace"),
        make("h1", {}, record.run_id, " ", tables.badge(verdict_of(results))),
        *said,
        make("p", {}, f"{description} Begun {from_microseconds(record.begun_at):%Y-%m-%d %H:%M:%S} UTC.".lstrip()),
        listed,
    )


def _p99(results: Results) -> str:
    requests = results.summary.requests
    return tables.latency(requests.response.get("p99"), requests)[1]


def _sections(results: Results) -> Iterator[Element]:
    if results.summary.reasons:
        yield _section("Why this verdict", tables.findings(results.summary.reasons))
    yield _section("Over time", *_charts(results))
    if results.summary.slos:
        yield _section("Objectives", tables.objectives(results.summary.slos))
    yield _section("Operations", tables.operations(results, stages=False), make("p", {"class": "quiet"}, _LATENCY))
    yield _section("Stages of the sagas", tables.operations(results, stages=True))
    if results.faults:
        yield _section("Faults", tables.faults(results))
    yield from _judged(results)
    yield _section("Consumer lag", tables.lags(results))
    unseen = "The processes of a marketplace elsewhere cannot be seen."
    seen = len(results.summary.processes) > 1 or SIMULATOR not in results.summary.processes
    yield _section("Processes", tables.processes(results), *([] if seen else [make("p", {"class": "quiet"}, unseen)]))
    yield _section("Load generator", _generator(results))
    yield _section("Conditions", tables.conditions(results))
    yield _section("Scenario", tables.configuration(results))


def _judged(results: Results) -> Iterator[Element]:
    if results.judged is None:
        yield _section("Violations", make("p", {}, "The run was not judged."))
        return
    found = tables.violations(results)
    none = make("p", {}, f"None, in {tables.judged_words(results.judged)}.")
    every = make("details", {}, make("summary", {}, "All checks"), tables.checks(results))
    yield _section("Violations", *(found or [none]), every)
    yield _section("What the run has met", tables.happenings(results))


def _generator(results: Results) -> Element:
    work = results.summary.generator
    rows: list[tuple[str, str]] = [
        ("limit of the latencies", work.limit or "no"),
        ("pacing error p50", "–" if work.pacing_error_p50 is None else f"{work.pacing_error_p50:.3g} ms"),
        ("pacing error p99", "–" if work.pacing_error_p99 is None else f"{work.pacing_error_p99:.3g} ms"),
    ]
    return tables.table(("figure", "value"), tables.rows_of_text(rows))


def _charts(results: Results) -> Iterator[Content]:
    if not results.record.started_at:
        yield make("p", {}, "The load never began.")
        return
    panels = panels_of(results, WIDE.steps)
    yield Chart(results, panels, WIDE).drawn()
    yield Chart(results, panels_of(results, NARROW.steps), NARROW).drawn()
    words = make("ul", {"id": "chart-words"})
    for panel in panels:
        words.append(make("li", {}, panel.words()))
    yield make("details", {}, make("summary", {}, "The chart in words"), words)
    yield make("details", {}, make("summary", {}, "The chart as a table"), _figures(results))


def _figures(results: Results) -> Element:
    panels: Sequence[Panel] = panels_of(results, _STEPS)
    length = step_length(max(length_of(results.record), 1.0), _STEPS)
    values = figures_by_step(panels, length)
    lines = make("div")
    for step in sorted(values):
        lines.append(make("p", {}, make("strong", {}, time_text(step * length)), f" {'; '.join(values[step])}"))
    return lines


def _section(title: str, *content: Content) -> Element:
    return make("section", {}, make("h2", {}, title), *content)
