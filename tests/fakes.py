"""Stand-ins that many tests share: a transaction over an empty database, and events as a consumer would get them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TypeVar

from sqlalchemy import Connection, MetaData

from services_stub.contracts.base import Event
from services_stub.contracts.envelope import Cause, Envelope, envelope_for
from services_stub.runtime.identifiers import new_id
from services_stub.runtime.service import Outcome, Service
from services_stub.runtime.sql.transaction import NO_CAUSE, Received, Transaction
from tests.databases import empty_database

E = TypeVar("E", bound=Event)


class FakeTransaction(Transaction):
    """A transaction that keeps the published events as they were given, with their flow."""

    def __init__(self, connection: Connection, source: str, now: datetime | None = None) -> None:
        super().__init__(connection, source, now)
        self.published: list[tuple[Event, str]] = []

    def publish(
        self, event: Event, *, correlation_id: str = "", cause: Cause | None = None, at: datetime | None = None
    ) -> Envelope:
        self.published.append((event, correlation_id or (cause or self.cause).correlation_id))
        return super().publish(event, correlation_id=correlation_id, cause=cause, at=at)

    def commit(self) -> None:
        """Do what the writer does at the end of a batch."""
        self.flush()
        callbacks, self.callbacks = self.callbacks, []
        for callback in callbacks:
            callback()


@contextmanager
def transaction(tables: MetaData, *, source: str = "test", now: datetime | None = None) -> Iterator[FakeTransaction]:
    """A transaction over an empty database with `tables`."""
    with empty_database() as database:
        database.create(tables)
        with database.connect() as connection, connection.begin():
            yield FakeTransaction(connection, source, now)


def received(event: E, *, event_id: str = "", cause: Cause = NO_CAUSE, correlation_id: str = "") -> Received[E]:
    """`event` as a consumer gets it."""
    envelope = envelope_for(
        event,
        event_id=event_id or new_id(),
        source="test",
        now=datetime.now(UTC),
        cause=cause,
        correlation_id=correlation_id,
    )
    return Received(event, envelope, event.topic, 0, 0)


def handle(service: Service, transaction: Transaction, received: Received[Event]) -> Outcome | None:
    """Have `service` handle an event in `transaction`, unless its filters say that the event changes nothing."""
    if service.filters_out(received.event):
        return None
    return service.handlers[type(received.event)](transaction, received)
