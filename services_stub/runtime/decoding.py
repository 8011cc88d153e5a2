"""From a record to an event, or to a dead letter with its reason."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from services_stub.contracts.base import Event
from services_stub.contracts.envelope import Envelope, MalformedEnvelope, event_type
from services_stub.contracts.topics import dead_letter_topic
from services_stub.runtime.kafka.records import Record
from services_stub.runtime.sql.transaction import OutboxRow, Received

LONGEST_ID = 200


class Poisoned(msgspec.Struct, frozen=True):
    """A record that nobody can handle, and why."""

    record: Record
    reason: str


class EventDecoder:
    """Decodes the records of the topics that a group consumes."""

    def __init__(self, events: Sequence[type[Event]]) -> None:
        self._decoders = {event.topic: (event_type(event), msgspec.json.Decoder(event)) for event in events}

    def decode(self, record: Record) -> Received[Event] | Poisoned:
        """The event that `record` carries."""
        expected, decoder = self._decoders[record.topic]
        try:
            envelope = Envelope.from_headers(record.headers)
            if envelope.type != expected:
                return Poisoned(record, f"ce_type is {envelope.type!r}, not {expected!r}")
            if len(envelope.id) > LONGEST_ID:
                return Poisoned(record, f"ce_id has more than {LONGEST_ID} characters")
            event = decoder.decode(record.value or b"")
        except (MalformedEnvelope, msgspec.MsgspecError, UnicodeDecodeError) as error:
            return Poisoned(record, str(error))
        return Received(event, envelope, record.topic, record.partition, record.offset)


def dead_letter(record: Record, *, group: str, reason: str, attempt: int) -> OutboxRow:
    """The record as it came, on its way to the dead letters, with headers that say who gave it up and why."""
    headers = [(name, value or b"") for name, value in record.headers]
    about = {
        "dlq_group": group,
        "dlq_error": reason,
        "dlq_attempt": attempt,
        "dlq_topic": record.topic,
        "dlq_partition": record.partition,
        "dlq_offset": record.offset,
    }
    headers += [(name, str(value).encode()) for name, value in about.items()]
    return OutboxRow(dead_letter_topic(record.topic), record.key, headers, record.value)
