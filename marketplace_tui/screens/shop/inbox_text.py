"""The inbox as lines of text."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from marketplace_tui.text.lines import Line, Span, spans, wrapped
from marketplace_tui.text.signs import DONE
from marketplace_tui.text.table import Column
from marketplace_tui.text.values import ago, moment
from services_stub.contracts.http.notification import Notification

COLUMNS = (
    Column("", 8),
    Column("Subject", 30, grows=True),
    Column("Came", 11, right=True, ages=True),
)

EMPTY: Sequence[Line] = (
    (Span("No messages yet."),),
    (Span("Orders, payments and deliveries are told of here.", "dim"),),
)

_OF_ACCOUNTS = {"welcome", "seller-blocked", "address-bounced", "session-stolen", "password-reset", "password-changed"}
_NOT_ORDERS = frozenset({*_OF_ACCOUNTS, "stock-low", "sold-out", "sales-digest"})
"""The templates of messages that are about something else than an order."""


def cells(message: Notification, unread: bool, now: datetime) -> tuple[Line, ...]:
    """A message as a row."""
    return (
        (Span(f"{DONE} unread" if unread else "", "accent"),),
        spans(message.subject, "strong" if unread else "plain"),
        (Span(ago(moment(message.created_at), now), "dim"),),
    )


def text(message: Notification | None, width: int, most: int | None = None) -> Sequence[Line]:
    """The selected message."""
    if message is None:
        return []
    lines = [spans(line) for line in wrapped(message.text, width, most)]
    return [spans((wrapped(message.subject, width, 1) or [""])[0], "strong"), *lines]


def is_about_order(message: Notification) -> bool:
    """Whether a message is about an order."""
    return message.template not in _NOT_ORDERS
