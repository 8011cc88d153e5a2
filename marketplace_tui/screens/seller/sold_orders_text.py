"""The orders with own items as lines of text."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from marketplace_tui.model.sold_orders import SoldOrders
from marketplace_tui.screens.everywhere.dialogs import Choice
from marketplace_tui.screens.seller.answers import instead
from marketplace_tui.text.lines import OF_STATUS, Line, Span, apart, spans
from marketplace_tui.text.shown import shown
from marketplace_tui.text.signs import of_status
from marketplace_tui.text.table import Column
from marketplace_tui.text.values import ago, moment, money, short_id
from services_stub.contracts.events.order import OrderItem, OrderStatus
from services_stub.contracts.http.order import Order

COLUMNS = (
    Column("Order", 9),
    Column("Status", 11),
    Column("Items", 16, grows=True),
    Column("Amount", 10, right=True),
    Column("Placed", 10, right=True, ages=True),
)

ALL = "all"
_BESIDE = {
    OrderStatus.PENDING: "not paid yet",
    OrderStatus.PAID: "to ship",
    OrderStatus.SHIPPED: "on their way",
    OrderStatus.DELIVERED: "arrived",
    OrderStatus.FAILED: "the card was declined",
    OrderStatus.CANCELLED: "ended before they were shipped",
    OrderStatus.REFUNDING: "the money goes back",
    OrderStatus.REFUNDED: "the money is back",
}


def choices() -> list[Choice]:
    """The statuses that can be shown alone."""
    return [
        Choice(ALL, "All orders"),
        *(Choice(status, of_status(status), words) for status, words in _BESIDE.items()),
    ]


def filter_line(model: SoldOrders, width: int) -> Line:
    """Which orders are shown, and how many there are so far."""
    found = model.found
    more = "+" if found.has_more else ""
    number = (Span(f"{len(found.items)}{more} orders" if found.value else "", "dim"),)
    if model.status is None:
        return apart((Span("All orders with your items", "dim"),), number, width)
    left = (
        Span(of_status(model.status), OF_STATUS[model.status]),
        Span(f"  {_BESIDE[model.status]}", "dim"),
    )
    return apart(left, number, width)


def cells(order: Order, now: datetime) -> tuple[Line, ...]:
    """An order as a row."""
    return (
        (Span(short_id(order.order_id), "dim"),),
        (Span(of_status(order.status), OF_STATUS[order.status]),),
        spans(_items(order.items)),
        (Span(money(order.amount)),),
        (Span(ago(moment(order.created_at), now)),),
    )


def empty(model: SoldOrders) -> Sequence[Line]:
    """Instead of orders: the reason that there are none, and the key that helps."""
    nothing: list[Line] = [
        (Span("No orders yet."),),
        (Span("They appear here by themselves, once a shopper has ordered.", "dim"),),
    ]
    if model.status is not None:
        nothing = [
            (Span(f"No order is {of_status(model.status)}."),),
            (Span("esc", "key", "app.back"), Span(" shows all orders.")),
        ]
    return instead(model.found, "your orders", nothing)


def below(order: Order | None, width: int) -> Sequence[Line]:
    """The selected order in two lines."""
    if order is None:
        return [(), ()]
    right = (Span(money(order.amount, order.currency)),)
    return [apart(spans(_items(order.items), "strong"), right, width), spans(_since(order), "dim")]


def pane(order: Order | None, width: int, height: int) -> Sequence[Line]:
    """The selected order beside the table."""
    if order is None:
        return []
    status = (Span(of_status(order.status), OF_STATUS[order.status]),)
    lines: list[Line] = [
        apart((Span(short_id(order.order_id), "strong"),), status, width),
        spans(_since(order), "dim"),
        (),
    ]
    for item in order.items:
        cost = (Span(money(item.unit_price * item.quantity)),)
        lines.append(apart(spans(f"{item.quantity} × {item.name}"), cost, width))
    lines += [(), apart((Span("together", "dim"),), (Span(money(order.amount, order.currency), "accent"),), width)]
    return lines[:height]


def _items(items: Sequence[OrderItem]) -> str:
    return ", ".join(f"{item.quantity} × {shown(item.name)}" for item in items)


def _since(order: Order) -> str:
    why = f" ({order.reason})" if order.reason.upper() not in ("", order.status) else ""
    return f"{order.status.lower()} since {moment(order.updated_at):%Y-%m-%d %H:%M:%S} UTC{why}"
