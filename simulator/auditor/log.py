"""The events of a marketplace as the checks read them: once each, in the order of their partitions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

import msgspec

from services_stub.contracts.base import Event
from services_stub.contracts.envelope import Envelope
from services_stub.contracts.events import EVENT_BY_TOPIC

E = TypeVar("E", bound=Event)

Headers = Sequence[tuple[str, bytes | None]]


class LoggedEvent(msgspec.Struct, frozen=True):
    """An event with its envelope and its place in the log."""

    event: Event
    envelope: Envelope
    partition: int = 0
    offset: int = 0


def logged(topic: str, partition: int, offset: int, headers: Headers, value: bytes | None) -> LoggedEvent | None:
    """The event that a record carries; None for poison, which no consumer takes for an event either."""
    try:
        event = msgspec.json.decode(value or b"", type=EVENT_BY_TOPIC[topic])
        return LoggedEvent(event, Envelope.from_headers(headers), partition, offset)
    except (KeyError, ValueError, ArithmeticError, RecursionError):
        return None


class EventLog:
    """All events of a run. A record that was sent twice counts once."""

    def __init__(self, events: Iterable[LoggedEvent]) -> None:
        found: dict[str, LoggedEvent] = {}
        for entry in events:
            found.setdefault(entry.envelope.id, entry)
        self._events = list(found.values())

    def of(self, kind: type[E]) -> list[tuple[E, Envelope]]:
        """The events of a kind, those of one partition in their order."""
        chosen = [entry for entry in self._events if isinstance(entry.event, kind)]
        chosen.sort(key=lambda entry: (entry.partition, entry.offset))
        return [(entry.event, entry.envelope) for entry in chosen if isinstance(entry.event, kind)]

    def values(self, *kinds: type[E]) -> Sequence[E]:
        """The events of some kinds without their envelopes, one kind after the other."""
        return [event for kind in kinds for event, _ in self.of(kind)]
