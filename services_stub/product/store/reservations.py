"""Statements on reservations and on blocked sellers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, bindparam, select, update

from services_stub.contracts.encoding import encode_json
from services_stub.contracts.events.order import OrderItem
from services_stub.contracts.http.auth import SellerBlockChange
from services_stub.contracts.http.product import Reservation
from services_stub.contracts.times import from_microseconds, rfc3339, to_microseconds
from services_stub.product.domain import ReservationStatus, status_of_parts
from services_stub.product.store.tables import reservations, sellers
from services_stub.runtime.sql.database import InsertOrIgnore
from services_stub.runtime.sql.transaction import Transaction

LARGEST_OVERDUE_BATCH = 500

_LONG_AGO = 0
_NEVER = 253_402_300_799_000_000  # 9999-12-31T23:59:59Z, the last second that RFC 3339 can write

_lines = msgspec.json.Decoder(list[OrderItem])
_parts = msgspec.json.Decoder(dict[str, ReservationStatus])

_hold = InsertOrIgnore(reservations)
_one = select(reservations).where(reservations.c.order_id == bindparam("id"))
_move = (
    update(reservations)
    .where(
        reservations.c.order_id == bindparam("id"),
        reservations.c.status == bindparam("from_status"),
        reservations.c.parts.is_(None),
    )
    .values(status=bindparam("to_status"), expires_at=None)
    .returning(reservations.c.lines)
)
_set_parts = (
    update(reservations)
    .where(reservations.c.order_id == bindparam("id"))
    .values(status=bindparam("to_status"), parts=bindparam("to_parts"), expires_at=None)
)
_hold_anew = (
    update(reservations)
    .where(reservations.c.order_id == bindparam("id"))
    .values(status=bindparam("to_status"), expires_at=bindparam("expiry"), lines=bindparam("new_lines"))
)
_expire = (
    update(reservations)
    .where(
        reservations.c.order_id == bindparam("id"),
        reservations.c.status == ReservationStatus.HELD,
        reservations.c.expires_at.is_not(None),
    )
    .values(status=ReservationStatus.EXPIRED, expires_at=None)
    .returning(reservations.c.lines)
)
_confirm = (
    update(reservations)
    .where(reservations.c.order_id == bindparam("id"), reservations.c.status == ReservationStatus.HELD)
    .values(expires_at=None)
)
_overdue = (
    select(reservations.c.order_id)
    .where(reservations.c.expires_at < bindparam("before"))
    .order_by(reservations.c.expires_at)
    .limit(LARGEST_OVERDUE_BATCH)
)
_seller = select(sellers).where(sellers.c.seller_id == bindparam("id"))
_add_seller = InsertOrIgnore(sellers)
_change_seller = (
    update(sellers)
    .where(sellers.c.seller_id == bindparam("id"))
    .values(blocked=bindparam("is_blocked"), told_at=bindparam("at"), told_by=bindparam("by"))
)


def hold(transaction: Transaction, order_id: str, expires_at: datetime, lines: Sequence[OrderItem]) -> bool:
    """Write a reservation down; False where the order has one already."""
    row = {
        "order_id": order_id,
        "status": ReservationStatus.HELD,
        "expires_at": to_microseconds(expires_at),
        "lines": encode_json(lines).decode(),
        "parts": None,
    }
    return transaction.write(_hold, row) == 1


def hold_anew(transaction: Transaction, order_id: str, expires_at: datetime, lines: Sequence[OrderItem]) -> None:
    """Hold stock again for an order whose reservation expired."""
    parameters = {
        "id": order_id,
        "to_status": ReservationStatus.HELD,
        "expiry": to_microseconds(expires_at),
        "new_lines": encode_json(lines).decode(),
    }
    transaction.execute(_hold_anew, parameters)


def find(connection: Connection, order_id: str) -> Row[Any] | None:
    """The reservation of an order."""
    return connection.execute(_one, {"id": order_id}).one_or_none()


def move(
    transaction: Transaction, order_id: str, before: ReservationStatus, after: ReservationStatus
) -> list[OrderItem] | None:
    """Move a whole reservation from one status to another for good; its lines, or None where it has not that status."""
    parameters = {"id": order_id, "from_status": before, "to_status": after}
    return _decoded(next((row.lines for row in transaction.fetch(_move, parameters)), None))


def lines_of(row: Row[Any]) -> list[OrderItem]:
    """The lines of a reservation's row."""
    return _lines.decode(row.lines)


def parts_of(row: Row[Any]) -> dict[str, ReservationStatus]:
    """The status of each seller's lines."""
    if row.parts is not None:
        return _parts.decode(row.parts)
    return dict.fromkeys((line.seller_id for line in lines_of(row)), ReservationStatus(row.status))


def set_parts(transaction: Transaction, order_id: str, parts: Mapping[str, ReservationStatus]) -> None:
    """Set the status of each seller's lines; the reservation is that of an order, so it does not expire."""
    same = len(set(parts.values())) == 1
    encoded = None if same else encode_json(parts).decode()
    transaction.execute(_set_parts, {"id": order_id, "to_status": status_of_parts(parts.values()), "to_parts": encoded})


def expire(transaction: Transaction, order_id: str) -> list[OrderItem] | None:
    """Expire a reservation that is held and not confirmed; its lines, or None where there is none such."""
    return _decoded(transaction.execute(_expire, {"id": order_id}).scalar_one_or_none())


def confirm(transaction: Transaction, order_ids: Sequence[str]) -> None:
    """The orders exist: their reservations do not expire any more."""
    if order_ids:
        transaction.execute(_confirm, [{"id": order_id} for order_id in order_ids])


def overdue(connection: Connection, before: datetime) -> list[str]:
    """The orders whose reservations expired before `before`, the oldest first."""
    return list(connection.scalars(_overdue, {"before": to_microseconds(before)}))


def reservation_of(row: Row[Any]) -> Reservation:
    """A reservation as the order service gets it.

    One whose order exists does not expire any more. One whose order has ended has expired long ago, so that it is
    not taken for stock that is held.
    """
    without_expiry = _LONG_AGO if row.status == ReservationStatus.RELEASED else _NEVER
    expires_at = without_expiry if row.expires_at is None else row.expires_at
    return Reservation(
        order_id=row.order_id, expires_at=rfc3339(from_microseconds(expires_at)), lines=_lines.decode(row.lines)
    )


def is_blocked(connection: Connection, seller_id: str) -> bool:
    """Whether a seller is blocked, as far as this service has heard."""
    row = connection.execute(_seller, {"id": seller_id}).one_or_none()
    return row is not None and row.blocked


def record_seller_block(transaction: Transaction, change: SellerBlockChange) -> bool:
    """Note that an event blocked or unblocked a seller; whether that changed anything.

    An event that is older than the newest one about the seller changes nothing.
    """
    seller_id, blocked = change.seller_id, change.blocked
    row = transaction.connection.execute(_seller, {"id": seller_id}).one_or_none()
    if row is None:
        values = {"seller_id": seller_id, "blocked": blocked, "told_at": change.at, "told_by": change.event_id}
        transaction.execute(_add_seller, values)
        return blocked
    known = SellerBlockChange(seller_id=seller_id, blocked=row.blocked, at=row.told_at, event_id=row.told_by)
    if change.moment() < known.moment():
        return False
    told = {"at": change.at, "by": change.event_id}
    transaction.execute(_change_seller, {"id": seller_id, "is_blocked": blocked, **told})
    return bool(row.blocked != blocked)


def _decoded(lines: str | None) -> list[OrderItem] | None:
    return None if lines is None else _lines.decode(lines)
