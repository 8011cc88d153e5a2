"""The transaction that a handler gets: one item's view of the batch that the writer commits as one transaction."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Any, Generic, TypeVar

import msgspec
from sqlalchemy import Connection, CursorResult, Executable, Table
from sqlalchemy.sql.dml import UpdateBase
from sqlalchemy.sql.elements import ClauseElement

from services_stub.contracts.base import Event
from services_stub.contracts.encoding import encode_json
from services_stub.contracts.envelope import Cause, Envelope, envelope_for
from services_stub.runtime import clock
from services_stub.runtime.identifiers import new_id
from services_stub.runtime.sql.prepared import fetch, write

E = TypeVar("E", bound=Event, covariant=True)

NO_CAUSE = Cause("", "", "")

Deferred = Callable[["Transaction", list[Any]], None]
"""Work on the items that a whole batch has gathered for it."""


class Received(msgspec.Struct, Generic[E], frozen=True):
    """An event as a consumer got it, with its envelope and its place in the log."""

    event: E
    envelope: Envelope
    topic: str
    partition: int
    offset: int


class OutboxRow(msgspec.Struct, frozen=True):
    """A record that waits for the broker, as it is kept in the outbox."""

    topic: str
    key: bytes | None
    headers: list[tuple[str, bytes]]
    value: bytes | None


class Transaction:
    """One batch's transaction.

    Between `begin_item` and `rollback_item` or the next `begin_item` it belongs to one item: what that item appended,
    published and asked for after the commit is dropped with it when it fails.
    """

    def __init__(self, connection: Connection, source: str, now: datetime | None = None) -> None:
        self.connection = connection
        self.now = now or clock.now()
        self.cause = NO_CAUSE
        self.outbox: list[OutboxRow] = []
        self.callbacks: list[Callable[[], None]] = []
        self._source = source
        self._appended: list[tuple[Table | Deferred, Any]] = []
        self._marks = (0, 0, 0)

    def execute(
        self, statement: Executable, parameters: dict[str, Any] | list[dict[str, Any]] | None = None
    ) -> CursorResult[Any]:
        """Execute one statement of SQLAlchemy Core."""
        return self.connection.execute(statement, parameters)

    def write(self, statement: UpdateBase, *rows: dict[str, Any]) -> int:
        """Execute a prebuilt insert, update or delete for each of `rows`; how many rows it concerned.

        For statements that are kept: they are compiled once.
        """
        return write(self.connection, statement, rows)

    def fetch(self, statement: ClauseElement, parameters: dict[str, Any]) -> list[Any]:
        """Execute a prebuilt query, or write with RETURNING; its rows. For statements that are kept."""
        return fetch(self.connection, statement, parameters)

    def append(self, table: Table, row: dict[str, Any]) -> None:
        """Insert an append-only row, with all others of the batch in one statement at its end.

        The row is not visible to the items of the same batch.
        """
        self._appended.append((table, row))

    def defer(self, work: Deferred, item: Any) -> None:
        """Call `work` at the end of the batch, once, with all items that the batch has for it, in their order.

        It stands outside of any savepoint: an error of it is the whole batch's, whose entries are then tried alone.
        """
        self._appended.append((work, item))

    def publish(
        self, event: Event, *, correlation_id: str = "", cause: Cause | None = None, at: datetime | None = None
    ) -> Envelope:
        """Publish `event` in this transaction, as caused by the item's cause unless `cause` names another.

        The flow is the cause's unless `correlation_id` names another, and its time that of the transaction unless it
        happened `at` another. The envelope is that of the record.
        """
        envelope = envelope_for(
            event,
            event_id=new_id(),
            source=self._source,
            now=at or self.now,
            cause=cause or self.cause,
            correlation_id=correlation_id,
        )
        self.outbox.append(OutboxRow(event.topic, event.subject.encode(), envelope.headers(), encode_json(event)))
        return envelope

    def after_commit(self, callback: Callable[[], None]) -> None:
        """Call `callback` in the writer's thread once the batch is committed; it must be quick and must not fail."""
        self.callbacks.append(callback)

    def begin_item(self, cause: Cause) -> None:
        """The transaction belongs to the next item from now on."""
        self.cause = cause
        self._marks = (len(self.outbox), len(self._appended), len(self.callbacks))

    def rollback_item(self) -> None:
        """Forget what the item asked for; the writer rolls its statements back."""
        outbox, appended, callbacks = self._marks
        del self.outbox[outbox:]
        del self._appended[appended:]
        del self.callbacks[callbacks:]

    def flush(self) -> None:
        """Write the appended rows, one statement a table, and do the deferred work, in the order of first use."""
        gathered: dict[Table | Deferred, list[Any]] = {}
        for target, item in self._appended:
            gathered.setdefault(target, []).append(item)
        self._appended.clear()
        for target, items in gathered.items():
            if isinstance(target, Table):
                write(self.connection, _insert_into(target), items)
            else:
                target(self, items)


@cache
def _insert_into(table: Table) -> UpdateBase:
    return table.insert()
