"""How far the service has read: part of every answer about sales."""

from __future__ import annotations

from services_stub.contracts.base import Event
from services_stub.contracts.times import to_microseconds
from services_stub.runtime.sql.transaction import Received, Transaction
from services_stub.seller.domain import event_time
from services_stub.seller.store import sales


def note_progress(tx: Transaction, received: Received[Event]) -> int:
    """Note how far the topic was read; the time of the event in microseconds."""
    at = to_microseconds(event_time(received.envelope.time, tx.now))
    tx.defer(_note_newest, (received.topic, at))
    return at


def _note_newest(tx: Transaction, read: list[tuple[str, int]]) -> None:
    for topic, at in dict(sorted(read)).items():  # of each topic, the newest comes last
        sales.note_progress(tx, topic, at)
