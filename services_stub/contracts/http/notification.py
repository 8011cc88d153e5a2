"""Bodies of the notification service."""

from __future__ import annotations

from services_stub.contracts.base import Body


class Notification(Body, frozen=True, kw_only=True):
    """A message in a user's inbox."""

    notification_id: str
    channel: str
    template: str
    about: str
    subject: str
    text: str
    read: bool
    created_at: str


class Inbox(Body, frozen=True, kw_only=True):
    """A page of the inbox, newest first, and how many of all are unread."""

    items: list[Notification]
    unread: int
    next_cursor: str | None = None


class Mail(Body, frozen=True, kw_only=True):
    """Internal: a spooled message. `state` is SPOOLED, DELIVERED or FAILED; `message` only where one is read."""

    mail_id: int
    channel: str
    recipient: str
    subject: str
    state: str
    attempts: int
    error: str
    created_at: str
    message: str = ""


class MailPage(Body, frozen=True, kw_only=True):
    """Internal: a page of the spool, newest first."""

    items: list[Mail]
    next_cursor: str | None = None
