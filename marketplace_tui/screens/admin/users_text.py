"""The accounts as lines of text."""

from __future__ import annotations

from datetime import datetime

from marketplace_tui.screens.admin.list_text import exactly, joined, pair, paragraph, since
from marketplace_tui.screens.everywhere.dialogs import FormField
from marketplace_tui.screens.frame import ROLE_WORDS
from marketplace_tui.text.lines import Line, Span, spans
from marketplace_tui.text.shown import cut, shown
from marketplace_tui.text.signs import ELLIPSIS
from marketplace_tui.text.table import Column
from marketplace_tui.text.values import count, short_id
from services_stub.contracts.http.auth import SellerBlock, User

COLUMNS = (
    Column("Name", 16, grows=True),
    Column("E-mail", 24, grows=True, drop=1),
    Column("Role", 8),
    Column("", 9),
    Column("Joined", 10, right=True, drop=2, ages=True),
)

REASON = FormField("reason", "Reason", hint="is sent with the event")
BLOCK = "The session ends, the products leave the shop, and orders that are not charged yet are cancelled."
UNBLOCK = "The products come back. Orders that the block has cancelled stay cancelled."

NAMED_ORDERS = 5


def name_of(user: User) -> str:
    """The name of an account, or its e-mail address where it has none; short enough for a title."""
    return cut(shown(user.name or user.email), 30)


def cells(user: User, now: datetime) -> tuple[Line, ...]:
    """An account as a row."""
    return (
        spans(user.name),
        spans(user.email, "dim" if user.name else "plain"),
        (Span(ROLE_WORDS[user.role]),),
        (Span("⊘ blocked", "bad"),) if user.blocked else (),
        since(user.created_at, now),
    )


def details(user: User, block: SellerBlock | None, width: int) -> list[Line]:
    """An account in full. `block` is what its block or unblock just did."""
    lines: list[Line] = [
        (*spans(user.name or user.email, "strong"), Span("  ⊘ blocked", "bad") if user.blocked else Span("")),
        spans(f"Blocked because: {user.blocked_reason}") if user.blocked_reason else joined(user.email, user.phone),
        (),
        pair("E-mail", user.email),
        *([pair("Telephone", user.phone)] if user.phone else []),
        pair("Role", ROLE_WORDS[user.role]),
        exactly("Joined", user.created_at),
        pair("Id", user.user_id),
    ]
    if user.blocked_reason:
        lines += [(), *paragraph(f"Blocked because: {user.blocked_reason}", width)]
    return lines + (_effect(block, width) if block else [])


def outcome(answer: SellerBlock) -> str:
    """The answer to a block or an unblock in a line."""
    words = f"{name_of(answer)} is {'blocked' if answer.blocked else 'unblocked'}"
    if answer.blocked:
        words += f", {count(answer.cancelled_orders, 'order')} cancelled"
    return f"{words}; not reached yet: {', '.join(answer.not_reached)}" if answer.not_reached else f"{words}."


def _effect(answer: SellerBlock, width: int) -> list[Line]:
    lines: list[Line] = [(), *paragraph(outcome(answer), width)]
    named = answer.cancelled_order_ids[:NAMED_ORDERS]
    lines += [spans(f"  {short_id(order_id)}", "dim") for order_id in named]
    if answer.cancelled_orders > len(named):
        lines.append((Span(f"  {ELLIPSIS} and {count(answer.cancelled_orders - len(named), 'further one')}", "dim"),))
    if answer.not_reached:
        lines += paragraph("They hear of it by the event, and do then all that it demands.", width)
    return lines
