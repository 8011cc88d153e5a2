"""The tables of the notification service and the statements on them.

The spool keeps every message that leaves the marketplace, complete, in the transaction of its notification; what is
delivered stays in it, to be read.
"""

from __future__ import annotations

import msgspec
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Index,
    Integer,
    MetaData,
    RowMapping,
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

from services_stub.notification.domain.delivery import State
from services_stub.runtime.sql.database import InsertOrIgnore
from services_stub.runtime.sql.prepared import fetch

EMAIL = "email"
SMS = "sms"
REMEMBERED = 10_000

tables = MetaData()
recipients = Table(
    "recipients",
    tables,
    Column("user_id", String(200), primary_key=True),
    Column("address", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("phone", Text, nullable=False),
)
notifications = Table(
    "notifications",
    tables,
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
    tables,
    Column("notification_id", String(36), primary_key=True),
    Column("user_id", String(200), nullable=False, index=True),
)
# As text, because a database only sees that a partial index fits where the values stand in the statement.
_waits_for_delivery = text(f"state = '{State.SPOOLED}' AND channel = '{EMAIL}'")
spool = Table(
    "spool",
    tables,
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

add_notification = InsertOrIgnore(notifications)
add_recipient = InsertOrIgnore(recipients)
add_unaddressed = insert(unaddressed)
_recipient = select(recipients.c.address, recipients.c.name, recipients.c.phone).where(
    recipients.c.user_id == bindparam("user_id")
)
addressee_about = (
    select(notifications.c.user_id)
    .where(notifications.c.about == bindparam("about"), notifications.c.template == bindparam("template"))
    .limit(1)
)
unaddressed_of = (
    select(notifications)
    .join(unaddressed, unaddressed.c.notification_id == notifications.c.notification_id)
    .where(unaddressed.c.user_id == bindparam("user_id"))
    .order_by(notifications.c.notification_id)
)
drop_unaddressed = delete(unaddressed).where(unaddressed.c.user_id == bindparam("user_id"))
mark_read = (
    update(notifications)
    .where(notifications.c.user_id == bindparam("of_user"), notifications.c.notification_id == bindparam("wanted"))
    .values(read=True)
    .returning(notifications)
)
mark_all_read = (
    update(notifications)
    .where(notifications.c.user_id == bindparam("of_user"), notifications.c.read.is_(False))
    .values(read=True)
)
record_attempt = (
    update(spool)
    .where(spool.c.mail_id == bindparam("of_mail"), spool.c.state == State.SPOOLED.value)
    .values(
        state=bindparam("new_state"),
        attempts=bindparam("new_attempts"),
        error=bindparam("new_error"),
        due_at=bindparam("new_due_at"),
    )
)

_inbox = (
    select(notifications)
    .where(notifications.c.user_id == bindparam("user_id"))
    .order_by(notifications.c.notification_id.desc())
    .limit(bindparam("most"))
)
_unread = (
    select(func.count())
    .select_from(notifications)
    .where(notifications.c.user_id == bindparam("user_id"), notifications.c.read.is_(False))
)
_mails = select(spool).order_by(spool.c.mail_id.desc()).limit(bindparam("most"))
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
        """How a user is reached, or None as long as nobody has said."""
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
    connection: Connection, user_id: str, most: int, *, before: str = "", unread: bool | None = None
) -> list[RowMapping]:
    """Up to `most` notifications of a user, newest first, from behind `before` on."""
    statement = _inbox
    if before:
        statement = statement.where(notifications.c.notification_id < before)
    if unread is not None:
        statement = statement.where(notifications.c.read.is_(not unread))
    return list(connection.execute(statement, {"user_id": user_id, "most": most}).mappings())


def unread_count(connection: Connection, user_id: str) -> int:
    """How many notifications of a user are unread."""
    return connection.execute(_unread, {"user_id": user_id}).scalar_one()


def mail_page(connection: Connection, most: int, before: int | None) -> list[RowMapping]:
    """Up to `most` spooled messages, newest first, from behind `before` on."""
    statement = _mails if before is None else _mails.where(spool.c.mail_id < before)
    return list(connection.execute(statement, {"most": most}).mappings())


def one_mail(connection: Connection, mail_id: int) -> RowMapping | None:
    """One spooled message."""
    return connection.execute(_mail, {"mail_id": mail_id}).mappings().one_or_none()


def due_mails(connection: Connection, now: int, most: int) -> list[RowMapping]:
    """Up to `most` e-mails that are to be delivered by `now` (Unix time in microseconds), longest due first."""
    return list(connection.execute(_due.limit(most), {"now": now}).mappings())
