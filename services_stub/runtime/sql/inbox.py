"""The inbox: which events a service has handled, claimed in the same transaction as their effects.

Consumers see records again after a crash, a replay or a duplicate send; the inbox makes that harmless.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import BigInteger, BindParameter, Column, Connection, MetaData, String, Table, bindparam, delete, select

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
_FEW, _MANY = 8, 64
_ids: list[BindParameter[str]] = [bindparam(f"id{n}") for n in range(_MANY)]
_seen_of = {n: select(_inbox.c.event_id).where(_inbox.c.event_id.in_(_ids[:n])) for n in (_FEW, _MANY)}
_expired = delete(_inbox).where(_inbox.c.received_at < bindparam("before"))


def seen(connection: Connection, event_ids: Collection[str]) -> set[str]:
    """Those of `event_ids` that were handled before."""
    ids, found = list(event_ids), set[str]()
    size = _FEW if len(ids) <= _FEW else _MANY
    for begin in range(0, len(ids), size):
        padded = (ids[begin : begin + size] + [""] * size)[:size]
        rows = fetch(connection, _seen_of[size], {f"id{n}": event_id for n, event_id in enumerate(padded)})
        found.update(row.event_id for row in rows)
    return found


def claim(transaction: Transaction, event_id: str) -> None:
    """Mark `event_id` as handled by this transaction."""
    row = {"event_id": event_id, "received_at": to_microseconds(transaction.now)}
    transaction.append(_inbox, row)


def delete_expired(connection: Connection, now: datetime) -> None:
    """Drop what is older than any record that can still come."""
    connection.execute(_expired, {"before": to_microseconds(now - RETENTION)})
