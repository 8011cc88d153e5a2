"""A flow as a waterfall: a line for each event and below it one for each consumer, on one axis of time.

The axis ends with the last event: consumers that only read may go on, and a sign at the right edge says so.
Where there is less height than lines, consumers that changed nothing else in the flow share a line, or have none.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from services_stub.contracts.events import HopOutcome
from simulator.trace.drawings.plain import ASCII, UNICODE, Signs, duration, finished, fit, flowing, padded
from simulator.trace.drawings.words import headline, shares
from simulator.trace.findings import Finding
from simulator.trace.flow import Flow, FlowEvent
from simulator.trace.records import Place
from simulator.trace.spans import Span, SpanKind, TimedHop, critical_hops, critical_path, hops_of, judged_until

_TICKS = 5
_LABEL, _WHO = 24, 13
_NARROW = 60


class _Row(msgspec.Struct, frozen=True):
    """A line: what it is about, who, and the spans on the axis."""

    label: str
    who: str
    spans: tuple[Span, ...]
    critical: bool = False


def waterfall(
    flow: Flow,
    findings: Sequence[Finding] = (),
    *,
    width: int = 80,
    height: int | None = None,
    ascii_only: bool = False,
) -> list[str]:
    """The lines, none wider than `width` cells and no more than `height` where that is given, at least eight."""
    signs = ASCII if ascii_only else UNICODE
    if not flow.events:
        return finished(["no event of this flow was found"], width, signs)
    label, who = (_LABEL, _WHO) if width >= _NARROW else (width // 3, width // 6)
    axis = max(1, width - label - who)
    legend = flowing(_legend(flow, signs), width)
    room = None if height is None else max(8, height) - 2 - len(legend)
    rows = _fitting(flow, room)
    lines = [headline(flow, findings, width, signs), padded("", label + who) + _ticks(flow, axis)]
    for row in rows:
        mark = signs.on_path if row.critical else " "
        text = mark + padded(row.label, label - 2, signs.more) + " " + padded(row.who, who - 1, signs.more) + " "
        lines.append(fit(text, label + who) + _bar(flow, row.spans, axis, signs))
    return finished([*lines, *legend], width, signs)


def _fitting(flow: Flow, room: int | None) -> list[_Row]:
    """The most detailed rows for which there is room; of the least detailed the first, and how many are left out."""
    rows: list[_Row] = []
    for detail in (2, 1, 0):
        rows = _rows(flow, detail)
        if room is None or len(rows) <= room:
            return rows
    assert room is not None
    kept = rows[: room - 1]
    return [*kept, _Row(f"… {len(rows) - len(kept):,} more lines", "", ())]


def _rows(flow: Flow, detail: int) -> list[_Row]:
    """With detail 2 a row for each consumer, with 1 one for all that changed nothing, with 0 none for those."""
    critical = {
        (event.place, "" if hop is None else hop.group) for event, hop in critical_hops(flow, judged_until(flow))
    }
    published = flow.by_cause()
    rows: list[_Row] = []
    for event, hops in zip(flow.events, hops_of(flow), strict=True):
        rows.append(_event_row(event, any(place == event.place for place, _ in critical)))
        effects = {effect.publisher for effect in published.get(event.envelope.id, ())}
        others: list[TimedHop] = []
        for hop in hops:
            if detail < 2 and hop.group not in effects and hop.outcome is HopOutcome.HANDLED and hop.attempts == 1:
                others.append(hop)
            else:
                rows.append(_hop_row(hop, (event.place, hop.group) in critical))
        if others and detail == 1:
            rows.append(_others_row(others))
        rows += (_Row(f"  dead letter of {dead.group}", dead.error, _moment(dead.at)) for dead in event.dead_letters)
    rows += (_Row(f"{_place(lost.place)} is not there", "", ()) for lost in flow.unseen)
    return rows


def _event_row(event: FlowEvent, critical: bool) -> _Row:
    return _Row(event.topic, event.publisher, (Span(SpanKind.BROKER, event.at, event.at, ""),), critical)


def _hop_row(hop: TimedHop, critical: bool) -> _Row:
    said = "" if hop.outcome is HopOutcome.HANDLED else f" {hop.outcome}"
    return _Row(f"  {hop.group}{said}", f"+{duration(hop.end - hop.start)}", hop.spans, critical)


def _others_row(hops: Sequence[TimedHop]) -> _Row:
    """Until the first of them polled it, it waited for all; from then on until the last commit some are at work."""
    start, end = min(hop.start for hop in hops), max(hop.end for hop in hops)
    polled = min((span.end for hop in hops for span in hop.spans if span.kind is SpanKind.TOPIC), default=start)
    spans = (Span(SpanKind.TOPIC, start, polled, ""), Span(SpanKind.HANDLING, polled, end, ""))
    names = hops[0].group if len(hops) == 1 else f"{len(hops)} others"
    return _Row(f"  {names}", f"+{duration(end - start)}", spans)


def _bar(flow: Flow, spans: Sequence[Span], axis: int, signs: Signs) -> str:
    shown = {
        SpanKind.BROKER: signs.broker,
        SpanKind.TOPIC: signs.topic,
        SpanKind.RETRY: signs.retry,
        SpanKind.WRITER: signs.writer,
        SpanKind.HANDLING: signs.handling,
        SpanKind.WORKING: signs.working,
    }
    cells, end = [" "] * axis, judged_until(flow)
    for span in spans:
        first = _column(span.start - flow.started_at, end - flow.started_at, axis)
        last = _column(span.end - flow.started_at, end - flow.started_at, axis)
        cells[first : last + 1] = shown[span.kind] * (last + 1 - first)
    if any(span.end > end for span in spans):
        cells[-1] = signs.beyond
    return "".join(cells)


def _column(since: int, length: int, axis: int) -> int:
    return min(axis - 1, min(max(since, 0), length) * axis // length) if length else 0


def _ticks(flow: Flow, axis: int) -> str:
    """Times below which the bars lie: the first at the start, the last at the end."""
    length = judged_until(flow) - flow.started_at
    cells = [" "] * axis
    end = duration(length)
    for tick in range(_TICKS):
        text = "0" if tick == 0 else duration(length * tick / _TICKS).replace(" ms", "")
        at = axis * tick // _TICKS
        if at + len(text) + 1 < axis - len(end):
            cells[at : at + len(text)] = text
    cells[max(0, axis - len(end)) :] = end[-axis:]
    return "".join(cells)[:axis]


def _legend(flow: Flow, signs: Signs) -> list[str]:
    share = dict(shares(critical_path(flow, judged_until(flow))))
    known = (
        (signs.topic, SpanKind.TOPIC),
        (signs.writer, SpanKind.WRITER),
        (signs.retry, SpanKind.RETRY),
        (signs.handling, SpanKind.HANDLING),
        (signs.broker, SpanKind.BROKER),
        (" ", SpanKind.WORKING),
    )
    words = [f"{sign} {kind} {share[kind]:.0%}".strip() for sign, kind in known if kind in share]
    return [*words, f"{signs.on_path} on the critical path"]


def _moment(at: int) -> tuple[Span, ...]:
    return (Span(SpanKind.BROKER, at, at, ""),)


def _place(place: Place) -> str:
    return f"{place[0]}[{place[1]}]@{place[2]}"
