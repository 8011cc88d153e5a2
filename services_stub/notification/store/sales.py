"""Statements on the windows of the sellers' messages about sales, and on the sales that wait for a digest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, exists, func, insert, select, tuple_, update

from services_stub.contracts.money import BILLION
from services_stub.notification.store.tables import gathered, notifications, sale_windows
from services_stub.runtime.sql.transaction import Transaction

_window = select(sale_windows).where(sale_windows.c.user_id == bindparam("user_id"))
_insert_window = insert(sale_windows)
_update_window = (
    update(sale_windows)
    .where(sale_windows.c.user_id == bindparam("of_user"))
    .values(ends_at=bindparam("new_end"), messages=bindparam("new_messages"))
)
_due_digest = (
    select(gathered.c.due_at, gathered.c.user_id)
    .where(
        gathered.c.due_at <= bindparam("now"),
        tuple_(gathered.c.due_at, gathered.c.user_id) > tuple_(bindparam("after_time"), bindparam("after_user")),
    )
    .order_by(gathered.c.due_at, gathered.c.user_id)
    .limit(1)
)
_is_due = (gathered.c.due_at == bindparam("of_time")) & (gathered.c.user_id == bindparam("of_user"))
_cancelled = notifications.alias()
_is_cancelled = exists().where(
    _cancelled.c.about == notifications.c.about,
    _cancelled.c.template == "sale-cancelled",
    _cancelled.c.user_id == notifications.c.user_id,
)
_due_sales = (
    select(notifications.c.about, notifications.c.amount, notifications.c.currency)
    .join(gathered, gathered.c.notification_id == notifications.c.notification_id)
    .where(_is_due, ~_is_cancelled)
    .order_by(gathered.c.notification_id)
    .limit(bindparam("most"))
)
_due_sums = (
    select(
        notifications.c.currency,
        func.count().label("sales"),
        func.sum(notifications.c.amount / BILLION).label("billions"),
        func.sum(notifications.c.amount % BILLION).label("cents"),
    )
    .join(gathered, gathered.c.notification_id == notifications.c.notification_id)
    .where(_is_due, ~_is_cancelled)
    .group_by(notifications.c.currency)
    .order_by(notifications.c.currency)
)
_delete_due = delete(gathered).where(_is_due)


def find_window(transaction: Transaction, user_id: str) -> Row[Any] | None:
    """The newest window of a seller: when it ends (microseconds of Unix time), and how many messages it saw."""
    found: list[Any] = transaction.fetch(_window, {"user_id": user_id})
    return found[0] if found else None


def insert_window(transaction: Transaction, user_id: str, ends_at: int) -> None:
    """Begin a seller's first window, with one message."""
    transaction.write(_insert_window, {"user_id": user_id, "ends_at": ends_at, "messages": 1})


def update_window(transaction: Transaction, user_id: str, ends_at: int, messages: int) -> None:
    """Count a message, or begin another window."""
    transaction.write(_update_window, {"of_user": user_id, "new_end": ends_at, "new_messages": messages})


def gather(transaction: Transaction, user_id: str, notification_id: str, due_at: int) -> None:
    """Have a sale wait for the digest that is due at `due_at` (microseconds of Unix time)."""
    transaction.append(gathered, {"notification_id": notification_id, "user_id": user_id, "due_at": due_at})


def due_digest(connection: Connection, now: int, after: tuple[int, str]) -> Row[int, str] | None:
    """The oldest digest behind `after` that is due at `now` (microseconds of Unix time): when, and the seller.

    One at a time: to list them, all their sales would be read.
    """
    given = {"now": now, "after_time": after[0], "after_user": after[1]}
    return connection.execute(_due_digest, given).one_or_none()


def due_sales(connection: Connection, user_id: str, due_at: int, most: int) -> Sequence[Row[Any, Any, Any]]:
    """Up to `most` sales of a seller's digest, without cancelled ones, oldest first: order, amount and currency."""
    return connection.execute(_due_sales, {"of_user": user_id, "of_time": due_at, "most": most}).all()


def due_sums(connection: Connection, user_id: str, due_at: int) -> Sequence[Row[Any, Any, Any]]:
    """The number and the sum of all sales of a seller's digest, without cancelled ones, for each currency."""
    return connection.execute(_due_sums, {"of_user": user_id, "of_time": due_at}).all()


def delete_due(transaction: Transaction, user_id: str, due_at: int) -> None:
    """The digest of these sales is written."""
    transaction.write(_delete_due, {"of_user": user_id, "of_time": due_at})
