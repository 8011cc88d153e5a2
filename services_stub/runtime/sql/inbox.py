"""The inbox: which events a service has handled, claimed in the same transaction as their effects.

Consumers see records again after a crash, a replay or a duplicate send; the inbox makes that harmless.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import BigInteger, Column, Connection, MetaData, String, Table, bindparam, delete, or_, select

from services_stub.contracts.times import to_microseconds
from services_stub.runtime.sql.prepared import fetch
from services_stub.runtime.sql.transaction import Transaction

RETENTION = timedelta(days=7)
"""As long as the topics keep their records."""

tables = MetaData()
_inbox = Table(
    "inbox",
    tables,
    Column("event_id", String(200), primary_key=True),
    Column("received_at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
# A statement of fixed size is compiled once; one of any size is put together anew each time.
_FEW = 8
_seen_of_few = select(_inbox.c.event_id).where(or_(*(_inbox.c.event_id == bindparam(f"id{n}") for n in range(_FEW))))
_seen = select(_inbox.c.event_id).where(_inbox.c.event_id.in_(bindparam("ids", expanding=True)))
_expired = delete(_inbox).where(_inbox.c.received_at < bindparam("before"))


def seen(connection: Connection, event_ids: Collection[str]) -> set[str]:
    """Those of `event_ids` that were handled before."""
    ids = list(event_ids)
    if len(ids) <= _FEW:
        padded = ids + [""] * (_FEW - len(ids))
        rows = fetch(connection, _seen_of_few, {f"id{n}": event_id for n, event_id in enumerate(padded)})
        return {row.event_id for row in rows}
    return set(connection.scalars(_seen, {"ids": ids}))


def claim(transaction: Transaction, event_id: str) -> None:
    """Mark `event_id` as handled by this transaction."""
    row = {"event_id": event_id, "received_at": to_microseconds(transaction.now)}
    transaction.append(_inbox, row)


def delete_expired(connection: Connection, now: datetime) -> None:
    """Drop what is older than any record that can still come."""
    connection.execute(_expired, {"before": to_microseconds(now - RETENTION)})
