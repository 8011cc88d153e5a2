"""Where the time of a flow goes: each hop in spans that add up to its length, and the critical path through the flow.

The clocks of services may differ, and a record's time has whole milliseconds. So moments are put into the order in
which they must have happened: none before the one that it waited for. Pure.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from enum import StrEnum
from itertools import pairwise

import msgspec

from services_stub.contracts.events import HopOutcome
from simulator.trace.events import Consumption, FlowEvent
from simulator.trace.flow import Flow, FlowRequest


class SpanKind(StrEnum):
    """A kind of time in a flow.

    BROKER is from the transaction that made an event true until its record has a time: the commit and the way to the
    broker. TOPIC is until a consumer polled it, RETRY until it was polled for the last time. WRITER is the wait for the
    writer of the consumer's database, before the transaction and for its commit. HANDLING is at work; where nothing
    tells when the transaction began, the wait for it is counted here. ANSWER is the time of a request beyond that of
    its callee: on its way, and waiting to be sent or taken up. WORKING is work that no hop reports, such as what a
    service does between two events.
    """

    BROKER = "waiting for the broker"
    TOPIC = "waiting in the topic"
    RETRY = "retry"
    WRITER = "waiting for the writer"
    HANDLING = "handling"
    ANSWER = "waiting for an answer"
    WORKING = "working"


class Span(msgspec.Struct, frozen=True, gc=False):
    """An interval from `start` to `end` in microseconds of Unix time, spent by `owner`: a service or topic."""

    kind: SpanKind
    start: int
    end: int
    owner: str

    @property
    def length(self) -> int:
        """Microseconds."""
        return self.end - self.start


class TimedHop(msgspec.Struct, frozen=True, gc=False):
    """One event at one consumer group, from its publication at `start` to the commit of its effects at `end`.

    `spans` leave no gap in between. `attempts` is how often it was polled until then.
    """

    group: str
    start: int
    end: int
    spans: tuple[Span, ...]
    outcome: HopOutcome
    attempts: int

    def took(self, *kinds: SpanKind) -> int:
        """Microseconds of these kinds, or of all."""
        return sum(span.length for span in self.spans if not kinds or span.kind in kinds)


def hops_of(flow: Flow) -> tuple[tuple[TimedHop, ...], ...]:
    """The hops of each event, in the order of the events: one for each group, first the one that ended first."""
    effects = flow.by_cause()
    return tuple(hops_of_event(event, effects.get(event.envelope.id, ())) for event in flow.events)


def judged_until(flow: Flow) -> int:
    """The end of a flow as a person waits for it: its last event, where events of it cause others.

    Consumers that only read, such as statistics, may let events wait for long, and nothing waits for them.
    """
    seen: set[str] = set()
    for event in flow.events:  # causes stand before their effects
        seen.add(event.envelope.id)
        if event.envelope.causation_id in seen:
            return max(flow.started_at, flow.settled_at)
    return flow.ended_at


def critical_hops(flow: Flow, until: int | None = None) -> tuple[tuple[FlowEvent, TimedHop | None], ...]:
    """The events on the critical path, oldest first, each with the hop that the path takes, if any.

    The path leads to what ends last, or last before `until`.
    """
    hops = hops_of(flow)
    of_id: dict[str, list[tuple[FlowEvent, TimedHop]]] = {}
    for consumed, own in zip(flow.events, hops, strict=True):
        of_id.setdefault(consumed.envelope.id, []).extend((consumed, each) for each in own)
    by_id = flow.by_id()
    found: list[tuple[FlowEvent, TimedHop | None]] = []
    walked: set[str] = set()
    event, hop = _last(flow, hops, flow.ended_at if until is None else until)
    while event is not None and event.envelope.id not in walked:
        walked.add(event.envelope.id)
        found.append((event, hop))
        event, hop = _hop_that_published(of_id, by_id.get(event.envelope.causation_id), event.publisher)
    return tuple(reversed(found))


def critical_path(flow: Flow, until: int | None = None) -> tuple[Span, ...]:
    """The spans that the end of the flow waited for, or what ends at `until`, oldest first.

    They leave no gap from its start to its end.
    """
    path = _Path(flow, flow.ended_at if until is None else until)
    steps = critical_hops(flow, until)
    if steps:
        event, hop = steps[-1]
        path.take_last_answer(max(event.at, event.written_at) if hop is None else hop.end)
    for place in range(len(steps) - 1, -1, -1):
        event, hop = steps[place]
        if hop is not None:
            path.take_hop(hop, max(event.at, event.written_at))
        cause = steps[place - 1][1] if place else None
        path.take_publication(event, None if cause is None else cause.end)
    path.take_requests(flow.started_at, steps[0][0].publisher if steps else "")
    return tuple(reversed(path.spans))


class _Path:
    """Spans from the end of a flow back to its start: each goes on where the one before it stopped."""

    def __init__(self, flow: Flow, end: int) -> None:
        self._start, self._cursor, self._requests = flow.started_at, max(flow.started_at, end), flow.requests
        self.spans: list[Span] = []

    def take(self, kind: SpanKind, start: int, owner: str) -> None:
        """Take the time between `start` and what is taken already."""
        start = max(start, self._start)
        if start < self._cursor:
            self.spans.append(Span(kind, start, self._cursor, owner))
            self._cursor = start

    def take_requests(self, start: int, owner: str) -> None:
        """Take the time since `start` by the requests under way; `owner` worked where there were none."""
        for span in reversed(innermost(self._requests, start, self._cursor, owner)):
            self.take(span.kind, span.start, span.owner)

    def take_last_answer(self, ended_at: int) -> None:
        """Take the time since the last hop ended, where a request was answered after that."""
        if any(ended_at < request.answered_at <= self._cursor for request in self._requests):
            self.take_requests(ended_at, "")

    def take_hop(self, hop: TimedHop, written_at: int) -> None:
        """Take what a consumer did, and how long the record waited for it."""
        for span in reversed(hop.spans):
            if span.end > written_at:
                self.take(span.kind, max(span.start, written_at), span.owner)

    def take_publication(self, event: FlowEvent, caused_until: int | None) -> None:
        """Take the way to the broker, back to the end of the hop that caused it, or to the transaction."""
        if caused_until is None or caused_until < event.at:
            self.take(SpanKind.BROKER, event.at, event.topic)
        else:
            self.take(SpanKind.BROKER, caused_until, event.topic)
        if caused_until is not None:
            self.take(SpanKind.WORKING, caused_until, event.publisher)


def spans_of_request(request: FlowRequest) -> tuple[Span, ...]:
    """A request in spans that add up to its length: until its callee begins, what that one does, and the way back."""
    begun, until = request.handled_from, request.handled_until
    if begun is None or until is None:
        begun = until = request.answered_at
    spans = (
        Span(SpanKind.ANSWER, request.started_at, begun, request.callee),
        Span(SpanKind.HANDLING, begun, until, request.callee),
        Span(SpanKind.ANSWER, until, request.answered_at, request.callee),
    )
    return tuple(span for span in spans if span.length > 0)


def innermost(requests: Sequence[FlowRequest], start: int, end: int, owner: str) -> list[Span]:
    """The time from `start` to `end` without a gap: each moment by the request under way that began last.

    Where none was under way, `owner` worked.
    """
    timed = [(number, span) for number, request in enumerate(requests) for span in spans_of_request(request)]
    timed = sorted(((number, span) for number, span in timed if span.start < end and span.end > start), key=_by_start)
    moments = {moment for _, span in timed for moment in (span.start, span.end) if start < moment < end}
    under_way: list[tuple[int, int, Span]] = []
    found: list[Span] = []
    place = 0
    for since, until in pairwise(sorted({start, end, *moments})):
        while place < len(timed) and timed[place][1].start <= since:
            number, span = timed[place]
            heapq.heappush(under_way, (-number, place, span))
            place += 1
        while under_way and under_way[0][2].end <= since:
            heapq.heappop(under_way)
        kind, who = (under_way[0][2].kind, under_way[0][2].owner) if under_way else (SpanKind.WORKING, owner)
        if found and (found[-1].kind, found[-1].owner) == (kind, who):
            found[-1] = Span(kind, found[-1].start, until, who)
        else:
            found.append(Span(kind, since, until, who))
    return found


def _by_start(timed: tuple[int, Span]) -> tuple[int, int]:
    return timed[1].start, timed[0]


def _hop_that_published(
    of_id: dict[str, list[tuple[FlowEvent, TimedHop]]], cause: FlowEvent | None, publisher: str
) -> tuple[FlowEvent | None, TimedHop | None]:
    """The record of the cause that its consumer handled, and how; the cause alone where nothing was reported."""
    if cause is None:
        return None, None
    own = [(event, hop) for event, hop in of_id.get(cause.envelope.id, ()) if hop.group == publisher]
    handled = [pair for pair in own if pair[1].outcome is HopOutcome.HANDLED]
    return next(iter(handled or own), (cause, None))


def _last(flow: Flow, hops: tuple[tuple[TimedHop, ...], ...], until: int) -> tuple[FlowEvent | None, TimedHop | None]:
    """The event that ends last before `until`, and the hop if it is one."""
    found: tuple[FlowEvent | None, TimedHop | None] = (None, None)
    latest = -1
    for event, own in zip(flow.events, hops, strict=True):
        candidates: list[tuple[int, TimedHop | None]] = [(max(event.at, event.written_at), None)]
        candidates += ((hop.end, hop) for hop in own)
        for end, hop in candidates:
            if latest < end <= until:
                latest, found = end, (event, hop)
    return found


def hops_of_event(event: FlowEvent, effects: Iterable[FlowEvent]) -> tuple[TimedHop, ...]:
    """The hops of one event. `effects` are the events that it caused: they tell when the work on it began."""
    if not event.consumers:
        return ()
    groups = sorted({consumption.group for consumption in event.consumers})
    began = {group: [effect.at for effect in effects if effect.publisher == group] for group in groups}
    found = [_hop(event, group, event.consumed_by(group), began[group]) for group in groups]
    return tuple(sorted(found, key=lambda hop: (hop.end, hop.group)))


def _hop(event: FlowEvent, group: str, reports: tuple[Consumption, ...], began: list[int]) -> TimedHop:
    decided = next((place for place, each in enumerate(reports) if each.outcome is not HopOutcome.RETRIED), -1)
    tried = reports[: decided + 1] if decided >= 0 else reports
    last = tried[-1]
    # The transaction of the effects began within the hop, or the effects came of something later.
    within = [moment for moment in began if last.polled_at <= moment <= last.handled_at]
    steps = (
        (SpanKind.BROKER, event.written_at, event.topic),
        (SpanKind.TOPIC, min(report.polled_at for report in tried), event.topic),
        (SpanKind.RETRY, last.polled_at, group),
        (SpanKind.WRITER, min(within, default=last.polled_at), group),
        (SpanKind.HANDLING, last.handled_at, group),
        (SpanKind.WRITER, last.committed_at, group),
    )
    spans: list[Span] = []
    cursor = event.at
    for kind, moment, owner in steps:
        if moment > cursor:
            spans.append(Span(kind, cursor, moment, owner))
            cursor = moment
    return TimedHop(group, event.at, cursor, tuple(spans), last.outcome, len(tried))
