"""A flow as a waterfall: a line for each event and below it one for each consumer, on one axis of time.

The axis ends with the last event: consumers that only read may go on, and a sign at the right edge says so.
Where there is less height than lines, consumers that changed nothing else in the flow share a line, or have none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

import msgspec

from services_stub.contracts.events import HopOutcome
from simulator.trace.drawings.plain import ASCII, UNICODE, Signs, duration, finished, fit, flowing, padded
from simulator.trace.drawings.words import headline, shares
from simulator.trace.findings import Finding
from simulator.trace.flow import Flow, FlowEvent
from simulator.trace.records import place_text
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
    end = judged_until(flow)
    legend = flowing(_legend(flow, end, signs), width)
    room = None if height is None else max(8, height) - 2 - len(legend)
    lines = [headline(flow, findings, width, signs), padded("", label + who) + _ticks(flow, end, axis)]
    for row in _Rows(flow, end).fitting(room):
        mark = signs.on_path if row.critical else " "
        text = mark + padded(row.label, label - 2, signs.more) + " " + padded(row.who, who - 1, signs.more) + " "
        lines.append(fit(text, label + who) + _bar(flow, end, row.spans, axis, signs))
    return finished([*lines, *legend], width, signs)


class _Rows:
    """The rows of a flow, in more or less detail."""

    def __init__(self, flow: Flow, end: int) -> None:
        self._flow, self._hops, self._published = flow, hops_of(flow), flow.by_cause()
        self._critical = {(event.place, "" if hop is None else hop.group) for event, hop in critical_hops(flow, end)}
        self._critical_events = {place for place, _ in self._critical}

    def fitting(self, room: int | None) -> list[_Row]:
        """The most detailed rows for which there is room; of the least detailed the first, and how many are left."""
        if room is None:
            return list(self._all(2))
        for detail in (2, 1, 0):
            rows = list(islice(self._all(detail), room + 1))
            if len(rows) <= room:
                return rows
        more = sum(1 for _ in self._all(0)) - (room - 1)
        return [*rows[: room - 1], _Row(f"{UNICODE.more} {more:,} more lines", "", ())]

    def _all(self, detail: int) -> Iterator[_Row]:
        """With detail 2 a row for each consumer, with 1 one for all that changed nothing, with 0 none for those."""
        for event, hops in zip(self._flow.events, self._hops, strict=True):
            yield _event_row(event, event.place in self._critical_events)
            effects = {effect.publisher for effect in self._published.get(event.envelope.id, ())}
            others: list[TimedHop] = []
            for hop in hops:
                if detail < 2 and hop.group not in effects and hop.outcome is HopOutcome.HANDLED and hop.attempts == 1:
                    others.append(hop)
                else:
                    yield _hop_row(hop, (event.place, hop.group) in self._critical)
            if others and detail == 1:
                yield _others_row(others)
            for dead in event.dead_letters:
                yield _Row(f"  dead letter of {dead.group}", dead.error, (Span(SpanKind.BROKER, dead.at, dead.at, ""),))
        for lost in self._flow.unseen:
            yield _Row(f"{place_text(lost.place)} is not there", "", ())


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


def _bar(flow: Flow, end: int, spans: Sequence[Span], axis: int, signs: Signs) -> str:
    shown = {
        SpanKind.BROKER: signs.broker,
        SpanKind.TOPIC: signs.topic,
        SpanKind.RETRY: signs.retry,
        SpanKind.WRITER: signs.writer,
        SpanKind.HANDLING: signs.handling,
        SpanKind.WORKING: signs.working,
    }
    cells = [" "] * axis
    for span in spans:
        first = _column(span.start - flow.started_at, end - flow.started_at, axis)
        last = _column(span.end - flow.started_at, end - flow.started_at, axis)
        cells[first : last + 1] = shown[span.kind] * (last + 1 - first)
    if any(span.end > end for span in spans):
        cells[-1] = signs.beyond
    return "".join(cells)


def _column(since: int, length: int, axis: int) -> int:
    return min(axis - 1, min(max(since, 0), length) * axis // length) if length else 0


def _ticks(flow: Flow, end: int, axis: int) -> str:
    """Times below which the bars lie: the first at the start, the last at the end."""
    length = end - flow.started_at
    cells = [" "] * axis
    last = duration(length)
    for tick in range(_TICKS):
        text = "0" if tick == 0 else duration(length * tick / _TICKS).replace(" ms", "")
        at = axis * tick // _TICKS
        if at + len(text) + 1 < axis - len(last):
            cells[at : at + len(text)] = text
    cells[max(0, axis - len(last)) :] = last[-axis:]
    return "".join(cells)[:axis]


def _legend(flow: Flow, end: int, signs: Signs) -> list[str]:
    share = dict(shares(critical_path(flow, end)))
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
