"""The events of a recording as the checks fold them: decoded once, with their place and cause; and poison."""

from __future__ import annotations

import msgspec

from services_stub.contracts.base import Event
from services_stub.contracts.envelope import LONGEST_ATTRIBUTE, SPEC_VERSION, Envelope, MalformedEnvelope, event_type
from services_stub.contracts.events import EVENT_BY_TOPIC
from simulator.trace.events import microseconds
from simulator.trace.records import Headers, Place, TracedRecord

_READERS = {
    topic: (event_type(kind).encode(), msgspec.json.Decoder(kind).decode) for topic, kind in EVENT_BY_TOPIC.items()
}
_VERSION = SPEC_VERSION.encode()
_ATTRIBUTES = ("ce_id", "ce_correlationid", "ce_causationid", "ce_time")


class Entry(msgspec.Struct, frozen=True, gc=False):
    """An event that was read.

    `number` stands for its id, and `cause_number` for that of its cause: they are hashes, of which an order can keep
    many.
    """

    event: Event
    number: int
    flow: str
    cause: str
    cause_number: int
    own_flow: bool
    """It began its flow: the correlation id is its own id."""
    time: str
    written_at: int
    place: Place

    @property
    def at(self) -> int:
        """Its own time in microseconds of Unix time; that of the record where it has none. Few are asked for it."""
        at = microseconds(self.time)
        return self.written_at if at is None else at


def entry_of(record: TracedRecord) -> Entry | None:
    """The event that a record carries; None for poison, which no consumer takes for an event either."""
    expected, decode = _READERS[record.topic]
    try:
        event_id, flow, cause, time = _usual(record.headers, expected) or _any(record.headers, expected)
        event = decode(record.value or b"")
    except (ValueError, ArithmeticError, RecursionError, msgspec.MsgspecError):
        return None
    return Entry(
        event=event,
        number=hash(event_id),
        flow=flow,
        cause=cause,
        cause_number=hash(cause),
        own_flow=flow == event_id,
        time=time,
        written_at=record.written_at,
        place=record.place,
    )


_Attributes = tuple[str, str, str, str]
"""The id of an event, its correlation id, its causation id, and its time."""


def _any(headers: Headers, expected: bytes) -> _Attributes:
    """The attributes of an envelope of this type; MalformedEnvelope, a ValueError, where the headers are none."""
    envelope = Envelope.from_headers(headers)
    if envelope.type.encode() != expected:
        raise MalformedEnvelope(f"ce_type is {envelope.type[:LONGEST_ATTRIBUTE]!r}")
    return envelope.id, envelope.correlation_id, envelope.causation_id, envelope.time


def _usual(headers: Headers, expected: bytes) -> _Attributes | None:
    """The same for the headers that nearly all events have, in half of the time; None for all others."""
    found = dict(headers)
    try:
        if not b"".join(found.values()).isascii():  # type: ignore[arg-type] # a None raises
            return None
        event_id, flow, cause, time = (found[name].decode() for name in _ATTRIBUTES)  # type: ignore[union-attr]
    except (KeyError, TypeError):
        return None
    is_usual = (
        len(found) == len(headers)
        and found.get("ce_specversion") == _VERSION
        and found.get("ce_type") == expected
        and event_id
        and found.get("ce_source")
        and max(len(flow), len(cause), len(time)) <= LONGEST_ATTRIBUTE
    )
    return (event_id, flow, cause, time) if is_usual else None
