"""The events of a recording as the checks fold them: decoded once, with their place and cause; and poison."""

from __future__ import annotations

import msgspec

from services_stub.contracts.base import Event
from services_stub.contracts.envelope import Envelope, MalformedEnvelope, event_type
from services_stub.contracts.events import EVENT_BY_TOPIC
from simulator.trace.events import microseconds
from simulator.trace.records import Place, TracedRecord

_READERS = {topic: (event_type(kind), msgspec.json.Decoder(kind).decode) for topic, kind in EVENT_BY_TOPIC.items()}


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
        envelope = Envelope.from_headers(record.headers)
        if envelope.type != expected:
            return None
        event = decode(record.value or b"")
    except (ValueError, ArithmeticError, RecursionError, msgspec.MsgspecError, MalformedEnvelope):
        return None
    return Entry(
        event=event,
        number=hash(envelope.id),
        flow=envelope.correlation_id,
        cause=envelope.causation_id,
        cause_number=hash(envelope.causation_id),
        own_flow=envelope.correlation_id == envelope.id,
        time=envelope.time,
        written_at=record.written_at,
        place=record.place,
    )
