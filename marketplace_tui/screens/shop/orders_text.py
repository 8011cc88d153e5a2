"""The list of orders as lines of text."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from marketplace_tui.text.lines import OF_STATUS, Line, Span, spans
from marketplace_tui.text.reasons import reason_words
from marketplace_tui.text.shown import shown
from marketplace_tui.text.signs import of_status
from marketplace_tui.text.states import hint
from marketplace_tui.text.table import Column
from marketplace_tui.text.values import ago, count, moment, money, short_id
from services_stub.contracts.http.order import Order

COLUMNS = (
    Column("Order", 9),
    Column("Status", 12),
    Column("Products", 14, grows=True),
    Column("Amount", 14, right=True),
    Column("Placed", 11, right=True, ages=True),
)

EMPTY: Sequence[Line] = (
    (Span("You have not ordered anything yet."),),
    hint("1", "goes to the shop.", "go.storefront.1"),
)
NONE_OF_STATUS: Sequence[Line] = (
    (Span("No order has this status."),),
    hint("esc", "shows all orders.", "app.back"),
)


def cells(order: Order, now: datetime) -> tuple[Line, ...]:
    """An order as a row."""
    return (
        (Span(short_id(order.order_id), "dim"),),
        (Span(of_status(order.status), OF_STATUS.get(order.status, "plain")),),
        products(order),
        (Span(money(order.amount, order.currency)),),
        (Span(ago(moment(order.created_at), now), "dim"),),
    )


def products(order: Order) -> Line:
    """The products of an order: the first one, and how many more."""
    if not order.items:
        return ()
    first, more = order.items[0], len(order.items) - 1
    return (
        Span(f"{first.quantity:,} × {shown(first.name)}"),
        *((Span(f" and {count(more, 'more', 'more')}", "dim"),) if more else ()),
    )


def below(order: Order | None) -> Line:
    """The selected order in words."""
    if order is None:
        return ()
    reason = reason_words(order.reason)
    words = (Span(f"{short_id(order.order_id)} {of_status(order.status)}", "dim"),)
    return (*words, *((Span(": ", "dim"), *spans(reason, "dim")) if reason else ()))
