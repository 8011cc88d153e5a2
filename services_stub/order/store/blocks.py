"""Statements on the blocks of sellers: every one that was heard of is kept, because they come in any order."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, func, select, tuple_

from services_stub.order.store.tables import seller_blocks
from services_stub.runtime.sql.database import InsertOrIgnore
from services_stub.runtime.sql.prepared import fetch
from services_stub.runtime.sql.transaction import Transaction

_columns = seller_blocks.c
_INSERT = InsertOrIgnore(seller_blocks)
_NEWEST_FIRST = (
    select(_columns.seller_id, _columns.blocked)
    .where(_columns.seller_id == bindparam("of_seller"))
    .order_by(_columns.at.desc(), _columns.event_id.desc())
)
_NEXT = select(func.min(_columns.at)).where(
    _columns.seller_id == bindparam("of_seller"),
    tuple_(_columns.at, _columns.event_id) > tuple_(bindparam("after"), bindparam("after_event")),
)


def record(tx: Transaction, seller_id: str, at: int, event_id: str, *, blocked: bool) -> bool:
    """Note that a seller was blocked, or unblocked, at a time; False where that is known."""
    row = {"seller_id": seller_id, "at": at, "event_id": event_id, "blocked": blocked}
    return tx.write(_INSERT, row) == 1


def next_change(connection: Connection, seller_id: str, at: int, event_id: str) -> int | None:
    """When the state that an event brought was changed by a later one; None while it holds."""
    values = {"of_seller": seller_id, "after": at, "after_event": event_id}
    found: int | None = connection.scalar(_NEXT, values)
    return found


def blocked_among(connection: Connection, seller_ids: Sequence[str]) -> set[str]:
    """Those of `seller_ids` that are blocked by the latest that is known of them."""
    newest = (fetch(connection, _NEWEST_FIRST, {"of_seller": seller_id})[:1] for seller_id in seller_ids)
    return {row.seller_id for rows in newest for row in rows if row.blocked}
