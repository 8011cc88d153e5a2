"""The tables of the notification service and the statements on them.

The spool keeps every message that leaves the marketplace, complete, in the transaction of its notification; what is
delivered stays in it, to be read.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Index,
    Integer,
    MetaData,
    Row,
    String,
    Table,
    Text,
    UniqueConstraint,
    bindparam,
    delete,
    func,
    insert,
    select,
    text,
    update,
)

from services_stub.contracts.http.notification import Mail, Notification
from services_stub.contracts.http.page import Page
from services_stub.notification.domain.delivery import Recorded, State
from services_stub.runtime.sql import keyset
from services_stub.runtime.sql.database import InsertOrIgnore
from services_stub.runtime.sql.keyset import SortOrder
from services_stub.runtime.sql.prepared import fetch
from services_stub.runtime.sql.transaction import Transaction

EMAIL = "email"
SMS = "sms"
REMEMBERED = 10_000

TABLES = MetaData()
recipients = Table(
    "recipients",
    TABLES,
    Column("user_id", String(200), primary_key=True),
    Column("address", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("phone", Text, nullable=False),
)
notifications = Table(
    "notifications",
    TABLES,
    Column("notification_id", String(36), primary_key=True),
    Column("user_id", String(200), nullable=False),
    Column("template", String(40), nullable=False),
    Column("about", String(200), nullable=False),
    Column("occasion", String(200), nullable=False),
    Column("subject", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("read", Boolean, nullable=False),
    Column("created_at", String(32), nullable=False),
    UniqueConstraint("about", "template", "user_id", "occasion", name="notifications_once"),
    Index("notifications_of_user", "user_id", "notification_id"),
)
unaddressed = Table(
    "unaddressed",
    TABLES,
    Column("notification_id", String(36), primary_key=True),
    Column("user_id", String(200), nullable=False, index=True),
)
# As text, because a database only sees that a partial index fits where the values stand in the statement.
_waits_for_delivery = text(f"state = '{State.SPOOLED}' AND channel = '{EMAIL}'")
spool = Table(
    "spool",
    TABLES,
    # SQLite counts by itself in a column that is exactly an INTEGER PRIMARY KEY.
    Column("mail_id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("notification_id", String(36), nullable=False),
    Column("channel", String(10), nullable=False),
    Column("recipient", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("state", String(10), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("error", Text, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("created_at", String(32), nullable=False),
    Index("spool_due", "due_at", sqlite_where=_waits_for_delivery, postgresql_where=_waits_for_delivery),
)

_insert_notification = InsertOrIgnore(notifications)
_insert_recipient = InsertOrIgnore(recipients)
_insert_unaddressed = insert(unaddressed)
_recipient = select(recipients.c.address, recipients.c.name, recipients.c.phone).where(
    recipients.c.user_id == bindparam("user_id")
)
_addressee = (
    select(notifications.c.user_id)
    .where(notifications.c.about == bindparam("about"), notifications.c.template == bindparam("template"))
    .limit(1)
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
_record_attempts = (
    update(spool)
    .where(spool.c.mail_id == bindparam("of_mail"), spool.c.state == State.SPOOLED.value)
    .values(
        state=bindparam("new_state"),
        attempts=bindparam("new_attempts"),
        error=bindparam("new_error"),
        due_at=bindparam("new_due_at"),
    )
)

# Identifiers sort by the time they were made.
_NEWEST_NOTIFICATION_FIRST = SortOrder((notifications.c.notification_id,), descending=True)
_NEWEST_MAIL_FIRST = SortOrder((spool.c.mail_id,), descending=True)
_unread = (
    select(func.count())
    .select_from(notifications)
    .where(notifications.c.user_id == bindparam("user_id"), notifications.c.read.is_(False))
)
_mail = select(spool).where(spool.c.mail_id == bindparam("mail_id"))
_due = select(spool).where(_waits_for_delivery, spool.c.due_at <= bindparam("now")).order_by(spool.c.due_at)


class Contact(msgspec.Struct, frozen=True):
    """How a user is reached; `address` and `phone` may be empty."""

    address: str
    name: str
    phone: str


class ContactCache:
    """The recipients, remembered once read: they are needed for every notification, and a row never changes."""

    def __init__(self) -> None:
        self._known: dict[str, Contact] = {}

    def find(self, connection: Connection, user_id: str) -> Contact | None:
        """How a user is reached, or None as long as it is unknown."""
        known = self._known.get(user_id)
        if known is None:
            row = next(iter(fetch(connection, _recipient, {"user_id": user_id})), None)
            if row is None:
                return None
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            known = self._known[user_id] = Contact(row.address, row.name, row.phone)
        return known


def inbox_page(
    connection: Connection, user_id: str, unread: bool | None, cursor: str, limit: int
) -> Page[Notification]:
    """A page of a user's notifications, newest first; only the unread or only the read ones unless `unread` is None."""
    statement = select(notifications).where(notifications.c.user_id == user_id)
    if unread is not None:
        statement = statement.where(notifications.c.read.is_(not unread))
    return keyset.page(connection, statement, _NEWEST_NOTIFICATION_FIRST, cursor, limit, _to_notification)


def insert_recipient(transaction: Transaction, user_id: str, contact: Contact) -> bool:
    """Remember how a user is reached; False if that was known already."""
    row = {"user_id": user_id, "address": contact.address, "name": contact.name, "phone": contact.phone}
    return transaction.write(_insert_recipient, row) == 1


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


def mark_read(transaction: Transaction, user_id: str, notification_id: str) -> Notification | None:
    """Mark a notification of a user as read; None if the user has no such notification."""
    row = transaction.execute(_mark_read, {"of_user": user_id, "wanted": notification_id}).one_or_none()
    return None if row is None else _to_notification(row)


def mark_all_read(transaction: Transaction, user_id: str) -> None:
    """Mark all notifications of a user as read."""
    transaction.execute(_mark_all_read, {"of_user": user_id})


def append_mail(transaction: Transaction, row: dict[str, Any]) -> None:
    """Put a complete message into the spool."""
    transaction.append(spool, row)


def record_attempts(transaction: Transaction, attempts: Sequence[Recorded]) -> None:
    """Write the outcomes of attempts to deliver e-mails; one that was settled before stays so."""
    rows = [
        {
            "of_mail": item.mail_id,
            "new_state": item.attempt.state.value,
            "new_attempts": item.attempts,
            "new_error": item.attempt.error,
            "new_due_at": item.due_at,
        }
        for item in attempts
    ]
    transaction.write(_record_attempts, *rows)


def unread_count(connection: Connection, user_id: str) -> int:
    """How many notifications of a user are unread."""
    return connection.execute(_unread, {"user_id": user_id}).scalar_one()


def mail_page(connection: Connection, cursor: str, limit: int) -> Page[Mail]:
    """A page of the spool, newest first, without the messages themselves."""
    return keyset.page(connection, select(spool), _NEWEST_MAIL_FIRST, cursor, limit, _without_message)


def find_mail(connection: Connection, mail_id: int) -> Mail | None:
    """One spooled message, complete."""
    row = connection.execute(_mail, {"mail_id": mail_id}).one_or_none()
    return None if row is None else _to_mail(row, row.message)


def _to_notification(row: Row[Any]) -> Notification:
    """A row as the notification that is shown."""
    return Notification(
        notification_id=row.notification_id,
        channel=EMAIL,
        template=row.template,
        about=row.about,
        subject=row.subject,
        text=row.text,
        read=row.read,
        created_at=row.created_at,
    )


def _to_mail(row: Row[Any], message: str) -> Mail:
    return Mail(
        mail_id=row.mail_id,
        channel=row.channel,
        recipient=row.recipient,
        subject=row.subject,
        state=row.state,
        attempts=row.attempts,
        error=row.error,
        created_at=row.created_at,
        message=message,
    )


def _without_message(row: Row[Any]) -> Mail:
    return _to_mail(row, "")


def due_mails(connection: Connection, now: int, most: int) -> Sequence[Row[Any]]:
    """Up to `most` e-mails that are to be delivered by `now` (Unix time in microseconds), longest due first."""
    return connection.execute(_due.limit(most), {"now": now}).all()
