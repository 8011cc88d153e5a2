"""The overview as lines of text."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from marketplace_tui.model.admin.concerns import Concern
from marketplace_tui.model.admin.overview import PAID, Overview, rate_of, share_of
from marketplace_tui.model.admin.processes import Process, processes
from marketplace_tui.screens.admin.list_text import unavailable
from marketplace_tui.screens.admin.services_text import state
from marketplace_tui.text.chart import chart
from marketplace_tui.text.lines import Line, Look, Span, apart, cut_line, filled_line, spans, width_of
from marketplace_tui.text.signs import DONE, FAILED, PATH, RULE, SEPARATOR, UP, WARNING, sparkline
from marketplace_tui.text.values import count, duration, money
from services_stub.contracts.http.analytics import SeriesPoint, Summary

RATE_BARS = 12
LABEL, FIGURES = 9, 26
"""The cells beside a chart: its name before it, the present and the largest step behind it."""

MOST_SERVICES = 5
"""So many services are shown, those that need a look first; all of them have a section of their own."""

_CHARTS: tuple[tuple[str, Callable[[SeriesPoint], float], Look], ...] = (
    ("placed", lambda point: point.placed, "plain"),
    ("charged", lambda point: point.charged, "good"),
    ("failed", lambda point: point.failed, "bad"),
    ("revenue", lambda point: float(point.revenue), "accent"),
)


def numbers(model: Overview, width: int, chart_height: int, *, flat: bool) -> list[Line]:
    """Everything above the list of what needs a look."""
    if model.summary.value is None:
        return [*unavailable(model.summary.error, "numbers"), ()]
    inner = width - 2
    body: list[Line] = [
        *_counters(model, model.summary.value, inner),
        _rule(f"Over time, by {model.resolution}", width, flat),
        *_charts(model, inner, chart_height),
        *_services(model, width, flat),
        _rule("Funnel", width, flat),
        _funnel(model.summary.value, inner),
        _rule("Needs a look", width, flat),
    ]
    return [cut_line(line, width) for line in body]


def concern(one: Concern) -> Line:
    """Something to look at as a row."""
    sign = Span(f"{FAILED} " if one.serious else f"{WARNING} ", "bad" if one.serious else "warning")
    return (sign, *spans(one.words))


def nothing_to_look_at(model: Overview) -> Sequence[Line]:
    """Instead of anything to look at."""
    known = model.summary.value is not None and model.health.value is not None
    return [(Span(f"  {DONE} all is well", "good"),)] if known else []


def _counters(model: Overview, summary: Summary, width: int) -> list[Line]:
    seconds = model.seconds.value
    paid, failed = share_of(summary.orders, *PAID), share_of(summary.orders, "FAILED")
    rate: Line = ()
    if seconds is not None:
        bars = sparkline([point.placed for point in seconds.points[:-1]], RATE_BARS)
        rate = (Span(f"  {rate_of(seconds):.1f}/s ", "strong"), Span(bars, "accent"))
    first: Line = (
        Span(f" Orders {sum(summary.orders.values()):,}", "strong"),
        *rate,
        Span(f"  PAID {paid * 100:.1f} %", "good"),
        Span(f"  FAILED {failed * 100:.1f} %", "bad" if failed else "dim"),
    )
    facts = (
        f"Revenue {money(summary.revenue.net, summary.revenue.currency)}",
        f"{count(summary.refunds.count, 'refund')} {money(summary.refunds.amount)}",
        count(summary.sellers.active, "seller"),
        count(sum(summary.products.values()), "product"),
    )
    second: Line = (Span(f" {f' {SEPARATOR} '.join(facts)}"), Span(_age(model), "warning"))
    return [apart(first, (Span(f"{count(summary.users.get('user', 0), 'shopper')} ", "dim"),), width + 2), second]


def _age(model: Overview) -> str:
    """How far the numbers are behind, where they are: analytics has not read everything yet."""
    summary = model.summary.value
    behind = max((topic.staleness_seconds or 0.0 for topic in summary.progress), default=0.0) if summary else 0.0
    return f"  {WARNING} as of {duration(behind)} ago" if behind >= 1 else ""


def _charts(model: Overview, width: int, height: int) -> list[Line]:
    steps = model.steps.value
    if steps is None:
        waiting = list(unavailable(model.steps.error, "steps"))
        return (waiting + [()] * (len(_CHARTS) * height))[: len(_CHARTS) * height]
    lines: list[Line] = []
    for name, value_of, look in _CHARTS:
        values = [value_of(point) for point in steps.points]
        figures = f"now {values[-1]:,.0f}, most {max(values):,.0f}" if values else ""
        for number, row in enumerate(chart(values, width - LABEL - FIGURES, height) or [""] * height):
            is_last = number == height - 1
            left: Line = (Span(f" {name if is_last else '':<{LABEL}}", "dim"), Span(row, look))
            lines.append(apart(left, (Span(f"{figures} " if is_last else "", "dim"),), width + 2))
    return lines


def _services(model: Overview, width: int, flat: bool) -> list[Line]:
    """Services to the left, the consumer groups that are furthest behind to the right."""
    control = model.control
    found = processes(model.health.value, control.status.value if control else None)
    services = sorted(
        (one for one in found if one.is_service), key=lambda one: (one.ready is True, one.paused is False)
    )
    groups = sorted((one for one in found if one.topics), key=lambda one: (-one.staleness_seconds, -one.lag_records))
    half = width // 2
    ready = sum(one.ready is True for one in services)
    left = [_service(one, half) for one in services[:MOST_SERVICES]]
    right = [_group(one, width - half) for one in groups[:MOST_SERVICES]]
    if not found:
        left = list(unavailable(model.health.error, "services"))
    heading = (
        *_rule(f"Services, {ready} of {len(services)} ready", half, flat),
        *_rule("Consumer groups", width - half, flat),
    )
    lines = [(*filled_line(_at(left, row), half), *_at(right, row)) for row in range(MOST_SERVICES)]
    return [heading, *lines]


def _at(lines: Sequence[Line], row: int) -> Line:
    return lines[row] if row < len(lines) else ()


def _service(one: Process, width: int) -> Line:
    line: Line = (Span(f" {one.name:<13}"), state(one))
    if one.restarts:
        line = (*line, Span(f"  {count(one.restarts, 'restart')}", "warning"))
    time = (Span(f"  {one.p99_ms:,.0f} ms p99", "dim"),) if one.p99_ms is not None else ()
    requests = (Span(f"  {count(one.requests, 'request')}", "dim"),) if one.requests else ()
    for more in (time, requests):
        line = (*line, *more) if width_of((*line, *more)) <= width else line
    return line


def _group(one: Process, width: int) -> Line:
    late = one.lag_records > 0
    words = f"lag {one.lag_records:,}"
    behind = f" {UP} {duration(one.staleness_seconds)} behind" if late and one.staleness_seconds >= 1 else ""
    return apart(spans(f" {one.name}"), (Span(f"{words}{behind} ", "warning" if late else "dim"),), width)


def _funnel(summary: Summary, width: int) -> Line:
    """The stages of a purchase, each with its share of the one before."""
    funnel = summary.funnel
    stages = [
        ("viewed ~", funnel.viewed),
        ("added ~", funnel.added),
        ("placed ", funnel.placed),
        ("charged ", funnel.charged),
    ]
    line: list[Span] = []
    before = 0
    for words, number in stages:
        line.append(Span(f" {PATH} " if line else " ", "dim"))
        line.append(Span(f"{words}{number:,}"))
        if before:
            line.append(Span(f" ({number / before * 100:.0f} %)", "dim"))
        before = number
    return cut_line(tuple(line), width)


def _rule(title: str, width: int, flat: bool) -> Line:
    if flat:
        return (Span(f" {title}:", "dim"),)
    head = f"{RULE} {title} "
    return (Span(head + RULE * (width - len(head)), "dim"),)
