"""One flow as lines of text: its headline, the views and the time that is shown, and the selected event in full."""

from __future__ import annotations

from collections.abc import Sequence

from marketplace_tui.model.trace.flow import Drawn, FlowModel, Judged
from marketplace_tui.screens.trace.record_text import record_lines
from marketplace_tui.text.lines import Line, Span, apart, cut_line, spans, wrapped
from marketplace_tui.text.shown import shown
from marketplace_tui.text.signs import ELLIPSIS, SEPARATOR
from marketplace_tui.text.values import count
from simulator.trace import FlowEvent, FlowRequest, TimedHop, spans_of_request
from simulator.trace.drawings.plain import Signs, duration, finished, fit
from simulator.trace.drawings.rows import Row
from simulator.trace.drawings.words import finding_lines, headline, took, verdict
from simulator.trace.events import is_same
from simulator.trace.findings import is_broken
from simulator.trace.kinds import BROKEN
from simulator.trace.text import type_name


def top(model: FlowModel, names: Sequence[str], view: str, width: int, signs: Signs) -> list[Line]:
    """The two lines above the drawing."""
    return [head(model, width, signs), views(model, names, view, width, signs)]


def head(model: FlowModel, width: int, signs: Signs) -> Line:
    """The flow in one line."""
    if model.drawn is None:
        return spans(model.flow_id, "dim")
    if model.judged is None:
        return (*spans(model.flow_id[:36]), Span(f"  {count(len(model.drawn.flow.events), 'event')}{ELLIPSIS}", "dim"))
    found = model.judged.findings
    if is_broken(found):
        words = f"{fit(model.flow_id, 9, signs.more)}  {signs.bad} {verdict(found)}"
        return (*spans(words, "bad"), *spans(f" {signs.dot} {took(model.drawn.flow, signs)}"))
    return spans("".join(finished([headline(model.drawn.flow, found, width, signs)], width, signs)), "strong")


def views(model: FlowModel, names: Sequence[str], view: str, width: int, signs: Signs) -> Line:
    """The views with the one that is shown in brackets; to the right what was found and the time, or the signs."""
    line = tuple(
        Span(f"[{name}]", "strong") if name == view else Span(f" {name} ", "dim", "trace.view") for name in names
    )
    right: list[Span] = []
    if model.only_critical:
        right.append(Span("critical path alone  ", "accent"))
    if model.searched:
        right.append(Span(f"{count(len(model.hits), 'hit')}  ", "plain" if model.hits else "warning"))
    if model.drawn is not None and model.window is not None:
        began, window = model.drawn.flow.started_at, model.window
        right.append(Span(f"{duration(window.start - began)} to {duration(window.end - began)}", "accent"))
    if not right and view == names[0]:
        legend = f"{signs.topic} in topic {signs.writer} writer {signs.handling} work {signs.broker} sent"
        right.append(Span(legend, "dim"))
    return apart(line, tuple(right), width)


def elsewhere(flow_id: str, width: int) -> Sequence[Line]:
    """The screen for a marketplace whose topics are not known."""
    words = (
        "The topics of this marketplace are not known here: only its gateway is. Where its Kafka can be reached, this "
        "shows the flow:"
    )
    return [
        *(spans(line) for line in wrapped(words, width)),
        (Span(f"marketplace trace show {shown(flow_id)} --kafka HOST:PORT", "accent"),),
        (),
        (Span("esc", "key", "app.back"), Span(" goes back to the order, with what its services tell.")),
    ]


def nothing(model: FlowModel, width: int) -> Sequence[Line]:
    """The screen without an event: why, and what to do."""
    if model.reader is None:
        return elsewhere(model.flow_id, width)
    if model.reader.problem:
        lines = wrapped(f"The topics cannot be read: {model.reader.problem}", width)
        return [*(spans(line, "bad") for line in lines), (Span("f5", "key", "app.refresh"), Span(" tries again."))]
    if not (model.was_read and model.reader.is_open):
        return [(Span(f"Reading the topics{ELLIPSIS}", "dim"),)]
    words = (
        "No event of this flow was read yet. Those that the broker dropped do not come back; one that happens now is "
        "shown at once."
    )
    return [spans(line, "dim") for line in wrapped(words, width)]


def selected(
    drawn: Drawn, judged: Judged | None, row: Row | None, index: int, place_of_code: str | None, width: int
) -> list[Line]:
    """The selected event, what a consumer did with it, or a request: the most important first."""
    if row is not None and row.request is not None:
        return [spans(line) for line in wrapped(_request(row.request, drawn.flow.started_at), width)]
    if not 0 <= index < len(drawn.flow.events):
        return []
    event = drawn.flow.events[index]
    group = row.group if row is not None else ""
    hop = next((hop for hop in drawn.rows.hops(index) if hop.group == group), None) if group else None
    lines = [_title(event, drawn.flow.started_at, width)]
    if hop is not None:
        lines += [spans(line) for line in wrapped(_hop(hop), width)]
    elif judged is not None and judged.steps[index].words:
        status = judged.steps[index].status
        lines.append(cut_line((*spans(judged.steps[index].words), Span(f"  {status}", "dim")), width))
    cause = drawn.rows.by_id.get(event.envelope.causation_id)
    if cause is not None and hop is None:
        lines.append(cut_line((Span("caused by ", "dim"), *spans(cause.place)), width))
    what = "g: handled in " if group else "g: published in "
    code = ELLIPSIS if place_of_code is None else place_of_code or "no code of it is installed here"
    lines += [spans(line) for line in wrapped(f"{what}{code}", width)]
    findings = judged.findings if judged is not None else ()
    own = [one for one in findings if one.about is not None and is_same(one.about, event)]
    worst = [one for one in findings[:1] if one.kind in BROKEN]
    return [*lines, *(spans(line, "warning") for one in own or worst for line in finding_lines(one, width))]


def whole_record(event: FlowEvent, width: int) -> list[Line]:
    """An event with its key, headers and value as they are."""
    return record_lines(event.key, event.envelope.headers(), event.value, width)


def _title(event: FlowEvent, started_at: int, width: int) -> Line:
    words = (
        f" {SEPARATOR} {type_name(event.envelope.type)} {SEPARATOR} by {event.publisher} {SEPARATOR} "
        f"+{duration(event.at - started_at)}"
    )
    return cut_line((*spans(event.place, "strong"), *spans(words)), width)


def _request(request: FlowRequest, started_at: int) -> str:
    parts = ", ".join(f"{span.kind} {duration(span.length)}" for span in spans_of_request(request))
    return (
        f"{request.method} {request.path} {SEPARATOR} {request.caller or 'a client'} asked {request.callee} after "
        f"{duration(request.started_at - started_at)}: {request.answer} in "
        f"{duration(request.answered_at - request.started_at)}: {parts} {SEPARATOR} request {request.request_id}"
    )


def _hop(hop: TimedHop) -> str:
    parts = ", ".join(f"{span.kind} {duration(span.length)}" for span in hop.spans)
    tries = f" after {count(hop.attempts, 'attempt')}" if hop.attempts > 1 else ""
    return f"{hop.group}: {hop.outcome}{tries} in {duration(hop.end - hop.start)}: {parts}"
