"""The orders of all shoppers as lines of text."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from marketplace_tui.screens.admin.list_text import exactly, joined, pair, since
from marketplace_tui.text.lines import OF_STATUS, Line, Span, apart, cut_line, spans
from marketplace_tui.text.signs import SEPARATOR, of_status
from marketplace_tui.text.table import Column
from marketplace_tui.text.values import count, money, short_id
from services_stub.contracts.http.order import Order

COLUMNS = (
    Column("Order", 9),
    Column("Status", 11),
    Column("Amount", 11, right=True),
    Column("Items", 14, grows=True),
    Column("Shopper", 9, drop=2),
    Column("Placed", 10, right=True, drop=1, ages=True),
)


def cells(order: Order, now: datetime) -> tuple[Line, ...]:
    """An order as a row."""
    return (
        spans(short_id(order.order_id)),
        (Span(of_status(order.status), OF_STATUS[order.status]),),
        (Span(money(order.amount)),),
        _items(order),
        spans(short_id(order.user_id), "dim"),
        since(order.created_at, now),
    )


def details(order: Order, name_of: Callable[[str], str], width: int) -> list[Line]:
    """An order in full; its own page has its history."""
    lines: list[Line] = [
        (
            *spans(f"Order {short_id(order.order_id)}", "strong"),
            Span(f" {SEPARATOR} "),
            Span(of_status(order.status), OF_STATUS[order.status]),
            *spans(f" {SEPARATOR} {order.reason}" if order.reason else "", "dim"),
        ),
        joined(money(order.amount, order.currency), order.payment_method, count(len(order.parts), "seller")),
        (),
        *(
            apart(spans(f"{item.quantity} × {item.name}"), (Span(money(item.unit_price * item.quantity)),), width)
            for item in order.items
        ),
        (),
    ]
    lines += [
        apart(
            (
                *spans(f"{name_of(part.seller_id)}  ", "dim"),
                Span(of_status(part.status), OF_STATUS[part.status]),
            ),
            (Span(money(part.amount)),),
            width,
        )
        for part in order.parts
    ]
    lines += [
        (),
        exactly("Placed", order.created_at),
        exactly("Changed", order.updated_at),
        pair("Shopper", order.user_id),
        pair("Id", order.order_id),
    ]
    return [cut_line(line, width) for line in lines]


def _items(order: Order) -> Line:
    if not order.items:
        return ()
    first, *others = order.items
    more = f" and {count(len(others), 'other', 'others')}" if others else ""
    return spans(f"{first.quantity} × {first.name}{more}")
