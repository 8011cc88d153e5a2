"""What a person sees of their inbox, and what operators see of the spool."""

from __future__ import annotations

import msgspec
from sqlalchemy import Connection, RowMapping

from services_stub.contracts.http.notification import Inbox, Mail, MailPage, Notification
from services_stub.contracts.http.page import DEFAULT_PAGE
from services_stub.notification import store
from services_stub.runtime.errors import Refused
from services_stub.runtime.sql.cursor import decode_cursor, encode_cursor
from services_stub.runtime.sql.transaction import Transaction


class MarkRead(msgspec.Struct, frozen=True):
    """A person has read a notification."""

    user_id: str
    notification_id: str


def read_inbox(
    connection: Connection, user_id: str, unread: bool | None = None, cursor: str = "", limit: int = DEFAULT_PAGE
) -> Inbox:
    """A page of somebody's own notifications, newest first."""
    before = str(decode_cursor(cursor, (str,))[0]) if cursor else ""
    rows = store.inbox_page(connection, user_id, limit + 1, before=before, unread=unread)
    more = len(rows) > limit
    return Inbox(
        items=[_notification(row) for row in rows[:limit]],
        unread=store.unread_count(connection, user_id),
        next_cursor=encode_cursor([rows[limit - 1]["notification_id"]]) if more else None,
    )


def mark_read(tx: Transaction, command: MarkRead) -> Notification:
    """Mark one of the own notifications as read; doing so again changes nothing."""
    parameters = {"of_user": command.user_id, "wanted": command.notification_id}
    row = tx.execute(store.mark_read, parameters).mappings().one_or_none()
    if row is None:
        raise Refused(404, "notification-not-found", "there is no such notification")
    return _notification(row)


def mark_all_read(tx: Transaction, user_id: str) -> Inbox:
    """Mark all of the own notifications as read."""
    tx.execute(store.mark_all_read, {"of_user": user_id})
    return read_inbox(tx.connection, user_id)


def read_spool(connection: Connection, cursor: str = "", limit: int = DEFAULT_PAGE) -> MailPage:
    """A page of the spool, newest first, without the messages themselves."""
    before = int(decode_cursor(cursor, (int,))[0]) if cursor else None
    rows = store.mail_page(connection, limit + 1, before)
    more = len(rows) > limit
    return MailPage(
        items=[_mail(row, message="") for row in rows[:limit]],
        next_cursor=encode_cursor([rows[limit - 1]["mail_id"]]) if more else None,
    )


def read_mail(connection: Connection, mail_id: int) -> Mail:
    """A spooled message, complete."""
    row = store.one_mail(connection, mail_id)
    if row is None:
        raise Refused(404, "mail-not-found", "there is no such message in the spool")
    return _mail(row, message=row["message"])


def _notification(row: RowMapping) -> Notification:
    return Notification(
        notification_id=row["notification_id"],
        channel=store.EMAIL,
        template=row["template"],
        about=row["about"],
        subject=row["subject"],
        text=row["text"],
        read=row["read"],
        created_at=row["created_at"],
    )


def _mail(row: RowMapping, *, message: str) -> Mail:
    return Mail(
        mail_id=row["mail_id"],
        channel=row["channel"],
        recipient=row["recipient"],
        subject=row["subject"],
        state=row["state"],
        attempts=row["attempts"],
        error=row["error"],
        created_at=row["created_at"],
        message=message,
    )
