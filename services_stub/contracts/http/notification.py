"""Bodies of the notification service."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from services_stub.contracts.base import Body, Id, Request
from services_stub.contracts.text import E164, TEXT, trim

MessageChannel = Literal["email", "sms"]
Channels = Annotated[list[MessageChannel], Meta(max_length=2, description="Empty: the inbox alone.")]


class Notification(Body, frozen=True, kw_only=True):
    """A message in a user's inbox. `channel` is email if it was sent by e-mail as well, otherwise inbox."""

    notification_id: Id
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


class Preferences(Body, frozen=True, kw_only=True):
    """The channels on which a user gets messages, by kind; the inbox has all of them.

    `always_by_email` are the kinds that cannot be switched off. While mail to the address comes back, `bouncing` is
    true and none is sent.
    """

    email: str
    bouncing: bool
    phone: str
    delivery: list[MessageChannel]
    sales: list[MessageChannel]
    stock: list[MessageChannel]
    always_by_email: list[str]


class ChangePreferences(Request, frozen=True, kw_only=True):
    """The channels for messages about the delivery of orders, and about a seller's sales and stock.

    `phone` is a number of E.164, such as +15550100, or empty; without one there is no SMS.
    """

    phone: Annotated[str, Meta(max_length=16, pattern=E164)]
    delivery: Channels
    sales: Channels
    stock: Channels

    def __post_init__(self) -> None:
        """Refuse SMS without a number."""
        if not self.phone and "sms" in {*self.delivery, *self.sales, *self.stock}:
            raise ValueError("`phone` is needed for messages by SMS")


class ReportBounce(Request, frozen=True, kw_only=True):
    """A message to this address came back, for good. `reason` is what the report says."""

    email: Annotated[str, Meta(min_length=3, max_length=320)]
    reason: Annotated[str, Meta(max_length=500, pattern=TEXT)] = ""

    def __post_init__(self) -> None:
        """Trim the texts."""
        trim(self, "email", "reason")


class PasswordResetMail(Request, frozen=True, kw_only=True):
    """Internal: a token that sets the password of an account is mailed to its address, once for each `reset_id`."""

    user_id: Annotated[str, Meta(min_length=1, max_length=64)]
    reset_id: Annotated[str, Meta(min_length=1, max_length=64)]
    email: Annotated[str, Meta(min_length=3, max_length=254)]
    name: Annotated[str, Meta(max_length=100)]
    token: Annotated[str, Meta(min_length=1, max_length=200)]


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
