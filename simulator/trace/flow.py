"""Joins the records of one correlation id and the hop reports about them into one flow, in order.

Nothing but the envelope in the headers is needed, so flows of any system that carries it can be joined. Pure.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import msgspec

from services_stub.contracts.envelope import Envelope, MalformedEnvelope
from services_stub.contracts.events import HopOutcome, HopsReported
from services_stub.contracts.topics import TRACE_HOPS
from simulator.trace.records import TracedRecord

_LATEST = 2**63 - 1

Place = tuple[str, int, int]
"""Topic, partition and offset: where a record lies, once in the world."""


@dataclass(frozen=True)
class Consumption:
    """The outcome of an event at one consumer group, and when; times in microseconds of Unix time."""

    group: str
    instance: str
    outcome: HopOutcome
    polled_at: int
    handled_at: int
    committed_at: int


@dataclass(frozen=True)
class FlowEvent:
    """One event of a flow. `at` is when it was published, in microseconds of Unix time."""

    at: int
    topic: str
    partition: int
    offset: int
    envelope: Envelope
    consumers: tuple[Consumption, ...]

    @property
    def place(self) -> str:
        """Where it lies, as `topic[partition]@offset`."""
        return f"{self.topic}[{self.partition}]@{self.offset}"

    @property
    def publisher(self) -> str:
        """The last segment of the source: the service that published it."""
        return self.envelope.source.rstrip("/").rsplit("/", 1)[-1]


@dataclass(frozen=True)
class Flow:
    """The events of one correlation id, causes before their effects. `started_at` is where its time begins."""

    correlation_id: str
    started_at: int
    events: tuple[FlowEvent, ...]

    def since_start(self, moment: int) -> float:
        """Seconds from the start of the flow to `moment`."""
        return (moment - self.started_at) / 1_000_000


def flow_of(correlation_id: str, records: Iterable[TracedRecord], *, started_at: int | None = None) -> Flow:
    """The flow of `correlation_id` among `records`, which may hold anything else as well.

    Time begins at `started_at` (microseconds of Unix time), or with the first event. Records without an envelope,
    repeated records and hop reports that cannot be read are passed over.
    """
    found: dict[Place, FlowEvent] = {}
    consumers: dict[Place, dict[tuple[str, str, int], Consumption]] = defaultdict(dict)
    for record in records:
        if record.topic == TRACE_HOPS:
            for place, consumption in _hops(correlation_id, record):
                consumers[place][consumption.group, consumption.instance, consumption.polled_at] = consumption
            continue
        event = _event(correlation_id, record)
        if event is not None:
            found[event.topic, event.partition, event.offset] = event
    events = [
        replace(event, consumers=tuple(sorted(consumers[place].values(), key=_by_time)))
        for place, event in found.items()
    ]
    ordered = _causes_first(events)
    first = min((event.at for event in ordered), default=0)
    return Flow(correlation_id, first if started_at is None else started_at, tuple(ordered))


def _event(correlation_id: str, record: TracedRecord) -> FlowEvent | None:
    wanted = correlation_id.encode()
    if not any(name == "ce_correlationid" and value == wanted for name, value in record.headers):
        return None
    try:
        envelope = Envelope.from_headers(record.headers)
    except MalformedEnvelope:
        return None
    at = _microseconds(envelope.time)
    return FlowEvent(
        at=record.written_at if at is None else at,
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        envelope=envelope,
        consumers=(),
    )


def _hops(correlation_id: str, record: TracedRecord) -> list[tuple[Place, Consumption]]:
    try:
        report = msgspec.json.decode(record.value or b"", type=HopsReported)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return []
    return [
        (
            (hop.topic, hop.partition, hop.offset),
            Consumption(report.group, report.instance, hop.outcome, hop.polled_at, hop.handled_at, hop.committed_at),
        )
        for hop in report.hops
        if hop.correlation_id == correlation_id and _are_times(hop.polled_at, hop.handled_at, hop.committed_at)
    ]


def _causes_first(events: Sequence[FlowEvent]) -> list[FlowEvent]:
    """By time, except that no event stands before its cause, whatever the clocks of their services say."""
    by_id = {event.envelope.id: event for event in events}
    moments: dict[str, tuple[int, int]] = {}

    def moment(event: FlowEvent) -> tuple[int, int]:
        """The time to sort by, and how many causes stand before it."""
        chain: list[FlowEvent] = []
        walked: set[str] = set()
        at: FlowEvent | None = event
        while at is not None and at.envelope.id not in moments and at.envelope.id not in walked:
            walked.add(at.envelope.id)
            chain.append(at)
            at = by_id.get(at.envelope.causation_id)
        for link in reversed(chain):
            cause_time, depth = moments.get(link.envelope.causation_id, (link.at, -1))
            moments[link.envelope.id] = (max(link.at, cause_time), depth + 1)
        return moments[event.envelope.id]

    return sorted(events, key=lambda event: (*moment(event), event.topic, event.partition, event.offset))


def _are_times(*moments: int) -> bool:
    """Whether they can be microseconds of Unix time: a foreign report may hold any number."""
    return all(0 <= moment <= _LATEST for moment in moments)


def _by_time(consumption: Consumption) -> tuple[int, str, str]:
    return consumption.committed_at, consumption.group, consumption.instance


def _microseconds(moment: str) -> int | None:
    try:
        parsed = datetime.fromisoformat(moment)
    except ValueError:
        return None
    if parsed.tzinfo is None:
        return None
    seconds = int(parsed.replace(microsecond=0).timestamp())
    return seconds * 1_000_000 + parsed.microsecond
