"""The changes of an order that each role can make: of which parts, whether a reason is asked for, and the call."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from marketplace_tui.actions.state import Fact
from marketplace_tui.model.cart import CartModel, Offer
from services_stub.client.marketplace import MarketplaceClient
from services_stub.contracts.events.order import OrderPart, OrderStatus
from services_stub.contracts.http.order import Order

NOT_SHIPPED = frozenset({OrderStatus.PENDING, OrderStatus.PAID})
PAID = frozenset({OrderStatus.PAID})
SHIPPED = frozenset({OrderStatus.SHIPPED})
CHARGED = frozenset({OrderStatus.PAID, OrderStatus.SHIPPED, OrderStatus.DELIVERED})

Call = Callable[[MarketplaceClient, str, str, str], Awaitable[Order]]
"""Called with the client, the order's id, the reason, and the seller of the part; an empty one means all parts."""


@dataclass(frozen=True)
class OrderChange:
    """A change: its words before and after, the statuses of the parts that it can be made of, and the call."""

    words: str
    done: str
    statuses: frozenset[OrderStatus]
    call: Call
    asks_reason: bool = False
    all_at_once: bool = False


CHANGES: dict[str, OrderChange] = {
    "order.cancel": OrderChange(
        "Cancel",
        "Cancelled; what was charged comes back",
        NOT_SHIPPED,
        lambda client, order, reason, seller: client.orders.cancel(order, reason, seller_id=seller),
        asks_reason=True,
        all_at_once=True,
    ),
    "part.ship": OrderChange(
        "Ship", "Shipped", PAID, lambda client, order, _reason, _seller: client.seller.ship(order)
    ),
    "part.deliver": OrderChange(
        "Deliver", "Delivered", SHIPPED, lambda client, order, _reason, _seller: client.seller.deliver(order)
    ),
    "part.refund": OrderChange(
        "Refund",
        "The money goes back",
        CHARGED,
        lambda client, order, reason, _seller: client.seller.refund(order, reason),
        asks_reason=True,
    ),
    "any_order.cancel": OrderChange(
        "Cancel",
        "Cancelled",
        NOT_SHIPPED,
        lambda client, order, reason, seller: client.admin.cancel(order, reason, seller_id=seller),
        asks_reason=True,
        all_at_once=True,
    ),
    "any_order.refund": OrderChange(
        "Refund",
        "The money goes back",
        CHARGED,
        lambda client, order, reason, seller: client.admin.refund(order, reason, seller_id=seller),
        asks_reason=True,
        all_at_once=True,
    ),
    "any_order.ship": OrderChange(
        "Ship",
        "Shipped",
        PAID,
        lambda client, order, _reason, seller: client.admin.ship(order, seller_id=seller),
    ),
    "any_order.deliver": OrderChange(
        "Deliver",
        "Delivered",
        SHIPPED,
        lambda client, order, _reason, seller: client.admin.deliver(order, seller_id=seller),
    ),
}
"""By the id of the action."""

_FACTS = {
    Fact.CANCELLABLE: NOT_SHIPPED,
    Fact.SHIPPABLE: PAID,
    Fact.DELIVERABLE: SHIPPED,
    Fact.REFUNDABLE: CHARGED,
}


def parts_with(order: Order, statuses: frozenset[OrderStatus]) -> list[OrderPart]:
    """The parts of an order that have one of these statuses; a seller sees the own part alone."""
    return [part for part in parts_of(order) if part.status in statuses]


def parts_of(order: Order) -> list[OrderPart]:
    """The parts of an order; the whole of it where it does not name any."""
    return order.parts or [OrderPart(seller_id="", status=order.status, amount=order.amount)]


def order_facts(order: Order) -> Iterator[Fact]:
    """The facts of an order that decide which changes can be made."""
    for fact, statuses in _FACTS.items():
        if parts_with(order, statuses):
            yield fact


def put_back(cart: CartModel, order: Order) -> int:
    """Have at least as many units of each product of an order in the cart; how many products were missing."""
    missing = 0
    for item in order.items:
        if cart.quantity_of(item.product_id) < item.quantity:
            missing += 1
            cart.set(Offer(item.product_id, item.seller_id, item.name, item.unit_price, order.currency), item.quantity)
    return missing


def total_of(parts: list[OrderPart]) -> Decimal:
    """The sum of parts."""
    return sum((part.amount for part in parts), Decimal(0))
