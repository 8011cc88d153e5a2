"""From a record to an event, or to poison with its reason: whatever a record holds, decoding it raises nothing."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from services_stub.contracts.base import Event
from services_stub.contracts.decoding import StrictDecoder
from services_stub.contracts.envelope import Envelope, event_type
from services_stub.runtime.kafka.records import Record
from services_stub.runtime.sql.transaction import Received

LONGEST_ID = 200


class Poisoned(msgspec.Struct, frozen=True):
    """A record that can never be handled, and why."""

    record: Record
    reason: str


class EventDecoder:
    """Decodes the records of the topics that a group consumes."""

    def __init__(self, events: Sequence[type[Event]]) -> None:
        self._decoders = {event.topic: (event_type(event), StrictDecoder[Event](event)) for event in events}

    def decode(self, record: Record) -> Received[Event] | Poisoned:
        """The event that `record` carries, or the record as poison."""
        try:
            return self._decode(record)
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001 - also nesting beyond the stack, and numbers beyond decimal's
            return Poisoned(record, str(error) or type(error).__name__)

    def _decode(self, record: Record) -> Received[Event] | Poisoned:
        if record.fault:
            return Poisoned(record, record.fault)
        expected, decoder = self._decoders[record.topic]
        envelope = Envelope.from_headers(record.headers)
        if envelope.type != expected:
            return Poisoned(record, f"ce_type is {envelope.type[:LONGEST_ID]!r}, not {expected!r}")
        if len(envelope.id) > LONGEST_ID:
            return Poisoned(record, f"ce_id has more than {LONGEST_ID} characters")
        if "\0" in envelope.id:
            return Poisoned(record, "ce_id contains the character U+0000")
        value = record.value or b""
        event = decoder.decode(value)
        if not value.isascii():
            value.decode()  # the decoder passed over the texts of unknown fields, and others hand the value on
        return Received(event, envelope, record.topic, record.partition, record.offset)
