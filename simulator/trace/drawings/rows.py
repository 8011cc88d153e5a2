"""The rows of a waterfall, made when they are asked for: a flow may have ten thousand events, and a screen forty lines.

An event has a row, and below it one for each consumer and each dead letter; a request has one above the first event
that is younger. In less detail the consumers that changed nothing else in the flow share a row, or have none.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping, Sequence
from enum import IntEnum
from itertools import accumulate

import msgspec

from services_stub.contracts.events import HopOutcome
from simulator.trace.drawings.plain import UNICODE, duration
from simulator.trace.flow import Flow, FlowEvent, FlowRequest
from simulator.trace.records import place_text
from simulator.trace.spans import Span, SpanKind, TimedHop, critical_hops, hops_of_event, spans_of_request

Critical = Mapping[str, frozenset[str]]
"""The critical path: the groups whose hops it takes, by the place of their event."""


class Detail(IntEnum):
    """Which rows of the consumers there are that changed nothing else in the flow: none, one for all, or all."""

    NONE = 0
    TOGETHER = 1
    ALL = 2


class Row(msgspec.Struct, frozen=True):
    """A row: its words, who it is about, and its spans. `event` is the index of its event, and -1 where there is none.

    `group` is the consumer that it is about, and empty for the event itself, a dead letter, or several consumers.
    `request` is the request that it is about, if it is.
    """

    label: str
    who: str
    spans: tuple[Span, ...]
    event: int
    critical: bool = False
    group: str = ""
    request: FlowRequest | None = None


def critical_of(flow: Flow, end: int) -> Critical:
    """The critical path to what ends last before `end`."""
    found: dict[str, set[str]] = {}
    for event, hop in critical_hops(flow, end):
        found.setdefault(event.place, set()).update(() if hop is None else (hop.group,))
    return {place: frozenset(groups) for place, groups in found.items()}


class Rows:
    """The rows of a flow. `critical` may be told later, as it takes longer to find."""

    def __init__(self, flow: Flow, critical: Critical | None = None) -> None:
        self.flow = flow
        self.critical: Critical = critical or {}
        self.by_id, self._by_cause = flow.by_id(), flow.by_cause()
        self.requests: Mapping[int, Sequence[FlowRequest]] = _by_next_event(flow)
        """By the index of the first event that is younger; behind all of them by their number."""

    def requests_before(self, index: int) -> list[Row]:
        """The rows of the requests above an event, or below all of them."""
        return [self._request_row(request) for request in self.requests.get(index, ())]

    def hops(self, index: int) -> tuple[TimedHop, ...]:
        """The hops of an event, the one that ended first at the beginning."""
        event = self.flow.events[index]
        return hops_of_event(event, self._by_cause.get(event.envelope.id, ()))

    def count(self, index: int, detail: Detail) -> int:
        """How many rows an event has, without making them."""
        event = self.flow.events[index]
        rows = 1 + len(event.dead_letters)
        if not event.consumers:
            return rows
        first: dict[str, HopOutcome] = {}
        for seen in event.consumers:
            first.setdefault(seen.group, seen.outcome)
        publishers = self._publishers_after(event)
        others = sum(outcome is HopOutcome.HANDLED and group not in publishers for group, outcome in first.items())
        hidden = others if detail is Detail.NONE else max(0, others - 1) if detail is Detail.TOGETHER else 0
        return rows + len(first) - hidden

    def of_event(self, index: int, detail: Detail) -> list[Row]:
        """The row of an event and those below it."""
        event = self.flow.events[index]
        path = self.critical.get(event.place)
        published = (Span(SpanKind.BROKER, event.at, event.at, event.topic),)
        rows = [Row(event.topic, event.publisher, published, index, path is not None)]
        publishers = self._publishers_after(event)
        others: list[TimedHop] = []
        for hop in self.hops(index):
            plain = hop.outcome is HopOutcome.HANDLED and hop.attempts == 1 and hop.group not in publishers
            if detail is not Detail.ALL and plain:
                others.append(hop)
            else:
                rows.append(_hop_row(index, hop, path is not None and hop.group in path))
        if others and detail is Detail.TOGETHER:
            rows.append(_others_row(index, others))
        for dead in event.dead_letters:
            spans = (Span(SpanKind.BROKER, dead.at, dead.at, ""),)
            rows.append(Row(f"  dead letter of {dead.group}", dead.error, spans, index))
        return rows

    def after_all(self) -> list[Row]:
        """The rows below all events: the last requests, and a row for each event whose record is not there."""
        unseen = [Row(f"{place_text(lost.place)} is not there", "", (), -1) for lost in self.flow.unseen]
        return [*self.requests_before(len(self.flow.events)), *unseen]

    def _request_row(self, request: FlowRequest) -> Row:
        """On the critical path are those that began the first event of it, and what they called."""
        caused = self._by_cause.get(request.request_id, ())
        critical = any(event.place in self.critical and request.started_at <= event.at for event in caused)
        said = f"{request.answer} " if request.status >= 400 or request.failed else ""
        label = f"{request.caller}{UNICODE.right}{request.callee} {said}{request.end_of_path}"
        took = f"+{duration(request.answered_at - request.started_at)}"
        return Row(label, took, spans_of_request(request), -1, critical, request=request)

    def _publishers_after(self, event: FlowEvent) -> set[str]:
        return {effect.publisher for effect in self._by_cause.get(event.envelope.id, ())}


def _by_next_event(flow: Flow) -> dict[int, list[FlowRequest]]:
    found: dict[int, list[FlowRequest]] = defaultdict(list)
    moments = list(accumulate((event.at for event in flow.events), max))
    for request in flow.requests:
        found[bisect_left(moments, request.started_at)].append(request)
    return dict(found)


def _hop_row(index: int, hop: TimedHop, critical: bool) -> Row:
    said = "" if hop.outcome is HopOutcome.HANDLED else f" {hop.outcome}"
    return Row(f"  {hop.group}{said}", f"+{duration(hop.end - hop.start)}", hop.spans, index, critical, hop.group)


def _others_row(index: int, hops: Sequence[TimedHop]) -> Row:
    """Until the first of them polled it, it waited for all; from then on until the last commit some are at work."""
    start, end = min(hop.start for hop in hops), max(hop.end for hop in hops)
    polled = min((span.end for hop in hops for span in hop.spans if span.kind is SpanKind.TOPIC), default=start)
    spans = (Span(SpanKind.TOPIC, start, polled, ""), Span(SpanKind.HANDLING, polled, end, ""))
    names = hops[0].group if len(hops) == 1 else f"{len(hops)} others"
    return Row(f"  {names}", f"+{duration(end - start)}", spans, index, False, hops[0].group if len(hops) == 1 else "")
