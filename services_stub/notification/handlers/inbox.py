"""A user's own inbox, and the spool for operators."""

from __future__ import annotations

import msgspec
from sqlalchemy import Connection

from services_stub.contracts.http.notification import Inbox, Mail, MailPage, Notification
from services_stub.contracts.http.page import DEFAULT_PAGE
from services_stub.notification.store import inboxes, spool
from services_stub.runtime.errors import Refused
from services_stub.runtime.sql.transaction import Transaction


class MarkRead(msgspec.Struct, frozen=True):
    """Mark a notification as read by its user."""

    user_id: str
    notification_id: str


def read_inbox(
    connection: Connection, user_id: str, unread: bool | None = None, cursor: str = "", limit: int = DEFAULT_PAGE
) -> Inbox:
    """A page of the user's own notifications, newest first."""
    page = inboxes.inbox_page(connection, user_id, unread, cursor, limit)
    return Inbox(items=page.items, unread=inboxes.unread_count(connection, user_id), next_cursor=page.next_cursor)


def mark_read(tx: Transaction, command: MarkRead) -> Notification:
    """Mark one of the user's own notifications as read; doing so again changes nothing."""
    notification = inboxes.mark_read(tx, command.user_id, command.notification_id)
    if notification is None:
        raise Refused(404, "notification-not-found", "there is no such notification")
    return notification


def mark_all_read(tx: Transaction, user_id: str) -> Inbox:
    """Mark all of the user's own notifications as read."""
    inboxes.mark_all_read(tx, user_id)
    return read_inbox(tx.connection, user_id)


def read_spool(connection: Connection, cursor: str = "", limit: int = DEFAULT_PAGE) -> MailPage:
    """A page of the spool, newest first, without the messages themselves."""
    page = spool.mail_page(connection, cursor, limit)
    return MailPage(items=page.items, next_cursor=page.next_cursor)


def read_mail(connection: Connection, mail_id: int) -> Mail:
    """A spooled message, complete."""
    mail = spool.find_mail(connection, mail_id)
    if mail is None:
        raise Refused(404, "mail-not-found", "there is no such message in the spool")
    return mail
