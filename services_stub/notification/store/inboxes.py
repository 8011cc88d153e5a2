"""Statements on the notifications in the users' inboxes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, func, insert, select, update

from services_stub.contracts.http.notification import Notification
from services_stub.contracts.http.page import Page
from services_stub.notification.store.tables import notifications, unaddressed
from services_stub.runtime.sql import keyset
from services_stub.runtime.sql.database import InsertOrIgnore
from services_stub.runtime.sql.keyset import SortOrder
from services_stub.runtime.sql.prepared import fetch
from services_stub.runtime.sql.transaction import Transaction

_insert_notification = InsertOrIgnore(notifications)
_insert_unaddressed = insert(unaddressed)
_addressee = (
    select(notifications.c.user_id)
    .where(notifications.c.about == bindparam("about"), notifications.c.template == bindparam("template"))
    .limit(1)
)
_told = select(notifications.c.notification_id).where(
    notifications.c.about == bindparam("about"),
    notifications.c.template == bindparam("template"),
    notifications.c.user_id == bindparam("user_id"),
)
_unaddressed_of = (
    select(notifications)
    .join(unaddressed, unaddressed.c.notification_id == notifications.c.notification_id)
    .where(unaddressed.c.user_id == bindparam("user_id"))
    .order_by(notifications.c.notification_id)
)
_delete_unaddressed = delete(unaddressed).where(unaddressed.c.user_id == bindparam("user_id"))
_mark_read = (
    update(notifications)
    .where(notifications.c.user_id == bindparam("of_user"), notifications.c.notification_id == bindparam("wanted"))
    .values(read=True)
    .returning(notifications)
)
_mark_all_read = (
    update(notifications)
    .where(notifications.c.user_id == bindparam("of_user"), notifications.c.read.is_(False))
    .values(read=True)
)
_unread = (
    select(func.count())
    .select_from(notifications)
    .where(notifications.c.user_id == bindparam("user_id"), notifications.c.read.is_(False))
)
# Identifiers sort by the time they were made.
_NEWEST_FIRST = SortOrder((notifications.c.notification_id,), descending=True)


def inbox_page(
    connection: Connection, user_id: str, unread: bool | None, cursor: str, limit: int
) -> Page[Notification]:
    """A page of a user's notifications, newest first; only the unread or only the read ones unless `unread` is None."""
    statement = select(notifications).where(notifications.c.user_id == user_id)
    if unread is not None:
        statement = statement.where(notifications.c.read.is_(not unread))
    return keyset.page(connection, statement, _NEWEST_FIRST, cursor, limit, _to_notification)


def insert_notification(transaction: Transaction, row: dict[str, Any]) -> bool:
    """Insert a notification; False if its user was notified of the same occasion before."""
    return transaction.write(_insert_notification, row) == 1


def insert_unaddressed(transaction: Transaction, notification_id: str, user_id: str) -> None:
    """Remember that a notification waits for its user to become reachable."""
    transaction.execute(_insert_unaddressed, {"notification_id": notification_id, "user_id": user_id})


def take_unaddressed(transaction: Transaction, user_id: str) -> Sequence[Row[Any]]:
    """The notifications that waited for this user, oldest first; they wait no longer."""
    waiting = transaction.execute(_unaddressed_of, {"user_id": user_id}).all()
    if waiting:
        transaction.execute(_delete_unaddressed, {"user_id": user_id})
    return waiting


def find_addressee(connection: Connection, about: str, template: str) -> str | None:
    """The user who was notified of `about` by `template`."""
    return connection.execute(_addressee, {"about": about, "template": template}).scalar()


def was_told(connection: Connection, about: str, template: str, user_id: str) -> bool:
    """Whether a user was notified of `about` by `template`, whatever the occasion."""
    return bool(fetch(connection, _told, {"about": about, "template": template, "user_id": user_id}))


def mark_read(transaction: Transaction, user_id: str, notification_id: str) -> Notification | None:
    """Mark a notification of a user as read; None if the user has no such notification."""
    row = transaction.execute(_mark_read, {"of_user": user_id, "wanted": notification_id}).one_or_none()
    return None if row is None else _to_notification(row)


def mark_all_read(transaction: Transaction, user_id: str) -> None:
    """Mark all notifications of a user as read."""
    transaction.execute(_mark_all_read, {"of_user": user_id})


def unread_count(connection: Connection, user_id: str) -> int:
    """How many notifications of a user are unread."""
    return connection.execute(_unread, {"user_id": user_id}).scalar_one()


def _to_notification(row: Row[Any]) -> Notification:
    """A row as the notification that is shown."""
    return Notification(
        notification_id=row.notification_id,
        channel=row.channel,
        template=row.template,
        about=row.about,
        subject=row.subject,
        text=row.text,
        read=row.read,
        created_at=row.created_at,
    )
