"""Joins the records of one correlation id and the hop reports about them into one flow, in order.

Nothing but the envelope in the headers is needed, so flows of any system that carries it can be joined. Pure.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

import msgspec

from services_stub.contracts.topics import TRACE_HOPS
from simulator.trace.events import (
    Consumption,
    DeadLetter,
    Entry,
    FlowEvent,
    Report,
    RequestReport,
    correlation_of,
    entry_of,
    reports_of,
)
from simulator.trace.records import Place, TracedRecord
from simulator.trace.requests import FlowRequest, requests_in

__all__ = ["Consumption", "DeadLetter", "Flow", "FlowEvent", "FlowRequest", "Unseen", "flow_of", "joined"]


class Unseen(msgspec.Struct, frozen=True):
    """An event that consumers or dead letters tell of, and whose record was not read: dropped, or not asked for."""

    place: Place
    event_id: str
    consumers: tuple[Consumption, ...]
    dead_letters: tuple[DeadLetter, ...] = ()


class Flow(msgspec.Struct, frozen=True):
    """The events of one correlation id, causes before their effects. `started_at` is where its time begins.

    `requests` are the HTTP requests that belong to it, in the order in which they began.
    `incomplete` says that records of it were evicted from the store that answered.
    """

    correlation_id: str
    started_at: int
    events: tuple[FlowEvent, ...]
    unseen: tuple[Unseen, ...] = ()
    incomplete: bool = False
    requests: tuple[FlowRequest, ...] = ()

    @property
    def ended_at(self) -> int:
        """The last moment that is known of it, in microseconds of Unix time."""
        moments = [self.started_at, *(request.answered_at for request in self.requests)]
        for event in self.events:
            moments += (event.at, event.written_at)
            for seen in event.consumers:
                moments += (seen.polled_at, seen.handled_at, seen.committed_at)
        return max(moments)

    @property
    def settled_at(self) -> int:
        """When its last event was written. Consumers that publish nothing of it may go on beyond that."""
        published = max((event.at for event in self.events), default=self.started_at)
        return max(published, max((event.written_at for event in self.events), default=published))

    @property
    def seconds(self) -> float:
        """From its start to its last moment."""
        return self.since_start(self.ended_at)

    def since_start(self, moment: int) -> float:
        """Seconds from the start of the flow to `moment`."""
        return (moment - self.started_at) / 1_000_000

    def by_id(self) -> dict[str, FlowEvent]:
        """The events by their ids; of several records of one event the first."""
        return {event.envelope.id: event for event in reversed(self.events)}

    def by_cause(self) -> dict[str, list[FlowEvent]]:
        """The events by the ids of their causes, in their order."""
        found: dict[str, list[FlowEvent]] = defaultdict(list)
        for event in self.events:
            found[event.envelope.causation_id].append(event)
        return found


def flow_of(correlation_id: str, records: Iterable[TracedRecord], *, started_at: int | None = None) -> Flow:
    """The flow of `correlation_id` among `records`, which may hold anything else as well.

    Time begins at `started_at` (microseconds of Unix time), or with the first request or event. Records without an
    envelope, repeated records and hop reports that cannot be read are passed over.
    """
    own: list[Entry] = []
    reported: list[Report] = []
    for record in records:
        if record.topic == TRACE_HOPS:
            reported += (each for each in reports_of(record) if each.correlation_id == correlation_id)
        elif correlation_of(record) == correlation_id and (entry := entry_of(record)) is not None:
            own.append(entry)
    return joined(correlation_id, own, reported, started_at=started_at)


def joined(
    correlation_id: str,
    entries: Iterable[Entry],
    reported: Iterable[Report],
    *,
    started_at: int | None = None,
    incomplete: bool = False,
) -> Flow:
    """The flow of entries and reports that are all its own, in whatever order they are given."""
    found: dict[Place, FlowEvent] = {}
    given_up: dict[Place, set[DeadLetter]] = defaultdict(set)
    for entry in entries:
        if isinstance(entry, DeadLetter):
            given_up[entry.of].add(entry)
        else:
            found[entry.topic, entry.partition, entry.offset] = entry
    consumers: dict[Place, dict[tuple[str, str, int], Consumption]] = defaultdict(dict)
    names: dict[Place, str] = {}
    requests: list[RequestReport] = []
    for report in reported:
        if isinstance(report, RequestReport):
            requests.append(report)
            continue
        seen = report.consumption
        key = (seen.group, seen.instance, seen.polled_at)
        # The same whatever order two reports of one moment come in.
        known = consumers[report.of].get(key, seen)
        consumers[report.of][key] = max(seen, known, key=_by_time)
        names[report.of] = max(names.get(report.of, ""), report.event_id)
    events = [
        msgspec.structs.replace(
            event, consumers=_in_time(consumers.get(place)), dead_letters=_in_order(given_up.get(place))
        )
        if place in consumers or place in given_up
        else event
        for place, event in found.items()
    ]
    unseen = tuple(
        Unseen(place, names.get(place, ""), _in_time(consumers.get(place)), _in_order(given_up.get(place)))
        for place in sorted((consumers.keys() | given_up.keys()) - found.keys())
    )
    asked = requests_in(requests)
    began = [*(event.at for event in events), *(request.started_at for request in asked)]
    first = min(began, default=0) if started_at is None else started_at
    return Flow(correlation_id, first, tuple(_causes_first(events)), unseen, incomplete, asked)


def _in_time(consumers: dict[tuple[str, str, int], Consumption] | None) -> tuple[Consumption, ...]:
    return tuple(sorted((consumers or {}).values(), key=_by_time))


def _in_order(given_up: set[DeadLetter] | None) -> tuple[DeadLetter, ...]:
    return tuple(sorted(given_up or (), key=lambda dead_letter: (dead_letter.at, dead_letter.place)))


def _by_time(consumption: Consumption) -> tuple[int, str, str, int, int, str]:
    return (
        consumption.committed_at,
        consumption.group,
        consumption.instance,
        consumption.polled_at,
        consumption.handled_at,
        consumption.outcome,
    )


def _causes_first(events: Sequence[FlowEvent]) -> list[FlowEvent]:
    """By time, except that no event stands before its cause, whatever the clocks of their services say."""
    ordered = sorted(events, key=lambda each: (each.at, each.topic, each.partition, each.offset))
    by_id = {event.envelope.id: event for event in reversed(ordered)}  # of several records of one event the earliest
    moments: dict[str, tuple[int, int]] = {}
    """By id: the time to sort by, and how many causes stand before it."""
    for event in ordered:
        envelope = event.envelope
        if envelope.id in moments:
            continue
        if envelope.causation_id in moments or envelope.causation_id not in by_id:
            _stand_behind_cause(event, moments)
            continue
        chain: list[FlowEvent] = []
        walked: set[str] = set()
        at: FlowEvent | None = event
        while at is not None and at.envelope.id not in moments and at.envelope.id not in walked:
            walked.add(at.envelope.id)
            chain.append(at)
            at = by_id.get(at.envelope.causation_id)
        for link in reversed(chain):
            _stand_behind_cause(link, moments)
    return sorted(ordered, key=lambda event: moments[event.envelope.id])


def _stand_behind_cause(event: FlowEvent, moments: dict[str, tuple[int, int]]) -> None:
    cause_time, depth = moments.get(event.envelope.causation_id, (event.at, -1))
    moments[event.envelope.id] = (max(event.at, cause_time), depth + 1)
