"""Compares a flow with what must happen, and says what is wrong or slow, by which evidence. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise

import msgspec

from services_stub.contracts.events import HopOutcome, OrderStatus, OrderUpdated
from services_stub.contracts.topics import ORDER_UPDATED
from simulator.trace.contents import books_of, content_of, status_of, statuses_of
from simulator.trace.expected import COMPENSATING, CONSUMERS, HANDLED_WITHIN, RULES, Rule
from simulator.trace.flow import Flow, FlowEvent
from simulator.trace.kinds import BROKEN, Kind
from simulator.trace.records import place_text
from simulator.trace.spans import TimedHop, hops_of

_SECOND = 1_000_000
_CAUSED = frozenset(topic for rule in RULES for topic in rule.effects) - {ORDER_UPDATED}
"""Topics whose events always come of another event; an order also changes by a request."""

SKEW = 2_000
"""Microseconds that a consumer may seem to be ahead of the record: a record's time has whole milliseconds."""


class Seen(msgspec.Struct, frozen=True):
    """The circumstances of a flow: the time (microseconds of Unix time), and how far groups have reported.

    `progress` is the highest offset that a group reported of a partition, by group, topic and partition.
    """

    now: int
    progress: Mapping[tuple[str, str, int], int] = {}


class Finding(msgspec.Struct, frozen=True):
    """One difference about the event `about`. `evidence` is where to see it, `look` what to look at next."""

    kind: Kind
    what: str
    evidence: str
    look: str
    about: FlowEvent | None = None


def findings_of(flow: Flow, seen: Seen) -> tuple[Finding, ...]:
    """The findings of a flow, the worst kinds first."""
    first = flow.by_id()
    repeated = [event for event in flow.events if first[event.envelope.id] is not event]
    found = [
        *_effects(flow, first.values(), seen.now),
        *_handling(flow, {event.place for event in repeated}, seen),
        *_repeated(flow, first, repeated),
        *_dead_letters_and_gaps(flow),
        *_order(flow, {event.place for event in repeated}),
        *_causes(first),
        *_clocks(flow),
        *_requests(flow),
    ]
    if not {Kind.MISSING, Kind.OPEN, Kind.GAP} & {finding.kind for finding in found}:
        found += _books(flow)
    order = list(Kind)
    return tuple(sorted(found, key=lambda finding: order.index(finding.kind)))


def is_broken(findings: Iterable[Finding]) -> bool:
    """Whether one of them should never happen."""
    return any(finding.kind in BROKEN for finding in findings)


def _effects(flow: Flow, events: Iterable[FlowEvent], now: int) -> Iterator[Finding]:
    """The rules of the table: an answer is there in time, late, missing, or not due yet."""
    by_cause = flow.by_cause()
    topics = {event.topic for event in flow.events}
    statuses = statuses_of(flow)
    for event in events:
        if event.topic in COMPENSATING:
            yield Finding(Kind.COMPENSATING, f"{event.topic}: what was begun is undone", event.place, "", event)
        for rule in RULES:
            if rule.cause == event.topic and _applies(rule, event, topics, statuses):
                yield from _answer(rule, event, by_cause.get(event.envelope.id, ()), now)


def _applies(rule: Rule, event: FlowEvent, topics: set[str], statuses: frozenset[str]) -> bool:
    if (rule.given and rule.given not in topics) or rule.unless & statuses:
        return False
    if not rule.statuses:
        return True
    update = content_of(event)
    return (
        isinstance(update, OrderUpdated) and update.status != update.previous_status and update.status in rule.statuses
    )


def _answer(rule: Rule, event: FlowEvent, effects: Iterable[FlowEvent], now: int) -> Iterator[Finding]:
    wanted = " or ".join(rule.effects)
    answers = [effect.at for effect in effects if effect.topic in rule.effects]
    waited = (min(answers, default=now) - event.at) / _SECOND
    look = f"`marketplace logs {rule.by}` and `marketplace status --lag`"
    if answers and waited > rule.seconds:
        what = f"{rule.by} answered {event.topic} after {waited:.1f} s; {rule.seconds:g} s are promised"
        yield Finding(Kind.LATE, what, event.place, look, event)
    elif not answers and waited > rule.seconds:
        what = f"no {wanted} follows {event.topic}: {rule.by} has not answered for {waited:.1f} s"
        yield Finding(Kind.MISSING, what, event.place, look, event)
    elif not answers:
        what = f"{rule.by} has yet to answer {event.topic} with {wanted}"
        yield Finding(Kind.OPEN, what, f"{event.place}, {max(waited, 0):.1f} s ago", "", event)


def _handling(flow: Flow, repeated: set[str], seen: Seen) -> Iterator[Finding]:
    """Whether every group handled every event, in time, and at once."""
    reported = any(event.consumers for event in flow.events)
    for event, hops in zip(flow.events, hops_of(flow), strict=True):
        if reported and event.sampled and not event.dead_letters and event.place not in repeated:
            groups = CONSUMERS.get(event.topic, frozenset()) - {hop.group for hop in hops}
            for group in sorted(groups):
                yield _without_report(flow, event, group, seen)
        for hop in hops:
            yield from _hop(event, hop)


def _without_report(flow: Flow, event: FlowEvent, group: str, seen: Seen) -> Finding:
    age = (seen.now - event.at) / _SECOND
    evidence = f"{event.place}, {max(age, 0):.1f} s old"
    if seen.progress.get((group, event.topic, event.partition), -1) >= event.offset:
        what = f"{group} reported later records of the partition, and not this {event.topic}: the report was lost"
        return Finding(Kind.UNREPORTED, what, evidence, f"restarts of {group}: `marketplace status`", event)
    if age <= HANDLED_WITHIN:
        return Finding(Kind.OPEN, f"{group} has yet to handle {event.topic}", evidence, "", event)
    look = f"`marketplace trace where {flow.correlation_id}`"
    return Finding(Kind.NOT_HANDLED, f"{group} has not handled {event.topic}", evidence, look, event)


def _hop(event: FlowEvent, hop: TimedHop) -> Iterator[Finding]:
    logs = f"`marketplace logs {hop.group}`"
    if hop.outcome is HopOutcome.REJECTED:
        what = f"{hop.group} rejected {event.topic}: by its rules it cannot be true"
        yield Finding(Kind.REJECTED, what, event.place, logs, event)
    if hop.outcome is HopOutcome.DEAD_LETTER and not event.dead_letters:
        what = f"{hop.group} gave {event.topic} up; the dead letter itself was not read"
        yield Finding(Kind.DEAD_LETTER, what, event.place, logs, event)
    if hop.attempts > 1 or hop.outcome is HopOutcome.RETRIED:
        yield Finding(Kind.RETRIED, f"{hop.group} tried {event.topic} {hop.attempts} times", event.place, logs, event)
    seconds = (hop.end - hop.start) / _SECOND
    if seconds > HANDLED_WITHIN:
        longest = max(hop.spans, key=lambda span: span.length)
        what = f"{hop.group} handled {event.topic} after {seconds:.1f} s, most of it {longest.kind}"
        yield Finding(Kind.LATE, what, event.place, "`marketplace status --lag`", event)


def _repeated(flow: Flow, first: Mapping[str, FlowEvent], repeated: Iterable[FlowEvent]) -> Iterator[Finding]:
    for event in repeated:
        if event.sent_again_to:
            continue
        what = f"{event.topic} lies twice in its topic, under one id"
        look = "who sent it again: its publisher was restarted, or a fault is in force"
        yield Finding(Kind.DUPLICATE, what, f"{first[event.envelope.id].place} and {event.place}", look, event)
    for event in flow.events:
        groups = {seen.group for seen in event.consumers if seen.outcome is HopOutcome.DUPLICATE}
        for group in sorted(groups if first[event.envelope.id] is event else ()):
            what = f"{group} was given {event.topic} again, and ignored it"
            yield Finding(Kind.DUPLICATE, what, event.place, f"restarts of {group}: `marketplace status`", event)


def _dead_letters_and_gaps(flow: Flow) -> Iterator[Finding]:
    of_events = [(event.topic, event, event.dead_letters) for event in flow.events]
    for topic, event, dead_letters in [*of_events, *((lost.place[0], None, lost.dead_letters) for lost in flow.unseen)]:
        for dead_letter in dead_letters:
            again = None if event is None else _handled_again(flow, event, dead_letter.group)
            if again is not None:
                what = f"{dead_letter.group} gave {topic} up, was sent it again, and handled it"
                yield Finding(Kind.SENT_AGAIN, what, f"{place_text(dead_letter.place)}, {again.place}", "", event)
                continue
            reason = dead_letter.error.partition("\n")[0]
            what = f"{dead_letter.group} cannot handle {topic}: {reason}"
            yield Finding(
                Kind.DEAD_LETTER, what, place_text(dead_letter.place), f"`marketplace logs {dead_letter.group}`", event
            )
    for lost in flow.unseen:
        what = f"{lost.place[0]} was handled, and its record is not there"
        look = "whether the topic dropped it, or `--from` began behind it"
        yield Finding(Kind.GAP, what, place_text(lost.place), look)
    if flow.incomplete:
        yield Finding(Kind.GAP, "older records of the flow were evicted", "the store was full", "a larger store")


def _handled_again(flow: Flow, event: FlowEvent, group: str) -> FlowEvent | None:
    """The record by which a group handled after all what it had given up."""
    sent = [each for each in flow.events if each.envelope.id == event.envelope.id and each.sent_again_to == group]
    handled = (each for each in sent if any(seen.outcome is HopOutcome.HANDLED for seen in each.consumed_by(group)))
    return next(handled, None)


def _order(flow: Flow, repeated: set[str]) -> Iterator[Finding]:
    """Events of one key and publisher are in one partition in the order of their times."""
    lanes: dict[tuple[str, int, str], list[FlowEvent]] = defaultdict(list)
    for event in flow.events:
        if event.place not in repeated:
            lanes[event.topic, event.partition, f"{event.publisher} {event.key!r}"].append(event)
    for lane in lanes.values():
        lane.sort(key=lambda event: event.offset)
        for before, after in pairwise(lane):
            if after.at < before.at:
                what = f"{after.topic} of {before.at - after.at} µs earlier lies behind a later one"
                yield Finding(Kind.OUT_OF_ORDER, what, f"{before.place}, then {after.place}", "its publisher", after)
            if after.topic != ORDER_UPDATED:
                continue
            update, known = content_of(after), content_of(before)
            if (
                isinstance(update, OrderUpdated)
                and isinstance(known, OrderUpdated)
                and update.previous_status != known.status
            ):
                what = f"the order became {update.status} after {update.previous_status}, but was {known.status}"
                yield Finding(Kind.OUT_OF_ORDER, what, f"{before.place}, then {after.place}", "its publisher", after)


def _causes(first: Mapping[str, FlowEvent]) -> Iterator[Finding]:
    """Events that cause each other, and events whose cause is an event that is not there."""
    settled: set[str] = set()
    for event in first.values():
        walked: list[str] = []
        at: FlowEvent | None = event
        while at is not None and at.envelope.id not in settled and at.envelope.id not in walked:
            walked.append(at.envelope.id)
            at = first.get(at.envelope.causation_id)
        if at is not None and at.envelope.id in walked:
            what = f"{at.topic} is said to be a cause of itself"
            yield Finding(Kind.CYCLE, what, at.place, "how its publisher fills ce_causationid", at)
        settled.update(walked)
    for event in first.values():
        if event.topic in _CAUSED and event.envelope.causation_id not in first:
            what = (
                f"the cause of {event.topic}, {event.envelope.causation_id or 'which it does not name'}, is not there"
            )
            yield Finding(Kind.ORPHAN, what, event.place, "whether `--from` began behind it", event)


def _clocks(flow: Flow) -> Iterator[Finding]:
    """A consumer that polled before the record's time, and an effect before its cause: their clocks differ."""
    for event in flow.events:
        ahead = [(event.written_at - seen.polled_at, seen.group) for seen in event.consumers]
        worst, group = max(ahead, default=(0, ""))
        if worst > SKEW:
            what = f"{group} polled {event.topic} {worst / 1000:.1f} ms before its time: their clocks differ"
            yield Finding(Kind.CLOCK_SKEW, what, event.place, "the clocks of both machines", event)


def _requests(flow: Flow) -> Iterator[Finding]:
    """Requests without an answer, and those that their callee failed at; the caller may have asked again."""
    for request in flow.requests:
        if request.failed:
            caller = request.caller or "a client"
            what = f"{caller} asked {request.callee} for {request.name}: {request.answer}"
            evidence = f"request {request.request_id}"
            yield Finding(Kind.NOT_ANSWERED, what, evidence, f"`marketplace logs {request.callee}`")


def _books(flow: Flow) -> list[Finding]:
    status, books = status_of(flow), books_of(flow)
    if status in ("", OrderStatus.PENDING) or books.balance:
        return []
    what = f"{books.charged} were charged and {books.refunded} given back, but what is sold costs {books.sold}"
    return [Finding(Kind.UNBALANCED, what, f"the order is {status}", "`marketplace logs payment`")]
