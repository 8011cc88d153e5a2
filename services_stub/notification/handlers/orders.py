"""Handlers of the order service's events: the shopper and the sellers are told what happens to each seller's part.

An event repeats the parts that did not change. Nothing is told twice all the same: a part is the occasion of each
notification about it.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from services_stub.contracts.events.order import OrderCreated, OrderItem, OrderStatus, OrderUpdated
from services_stub.contracts.money import to_cents
from services_stub.notification.domain import amounts, templates
from services_stub.notification.domain.amounts import Item
from services_stub.notification.handlers.notifying import SALE, NotificationRequest, Notifier
from services_stub.notification.store import inboxes
from services_stub.runtime.errors import Poison
from services_stub.runtime.service import Outcome
from services_stub.runtime.sql.transaction import Received, Transaction

TEMPLATE_OF_STATUS: dict[OrderStatus, str] = {
    OrderStatus.SHIPPED: "order-shipped",
    OrderStatus.DELIVERED: "order-delivered",
    OrderStatus.CANCELLED: "order-cancelled",
}
"""How the shopper is told of a part. The receipt is about all of them; the payment's events tell of the rest."""

TOLD = frozenset({OrderStatus.PAID, *TEMPLATE_OF_STATUS})

WHOLE, PART = "your order", "a part of your order"


class Part(msgspec.Struct, frozen=True):
    """The items of one seller in an order, or all of them, with their status. `amount` is in cents."""

    seller_id: str
    status: OrderStatus
    items: list[Item]
    amount: int
    reason: str


def changes_nothing(event: OrderUpdated) -> bool:
    """Whether an event has nothing that users are notified of."""
    return TOLD.isdisjoint(part.status for part in event.parts) if event.parts else event.status not in TOLD


def on_order_created(notifier: Notifier, tx: Transaction, received: Received[OrderCreated]) -> Outcome | None:
    """Tell the shopper that the order was placed."""
    event = received.event
    items, total = _items(event.items), to_cents(event.amount)
    request = NotificationRequest(event.user_id, "order-placed", event.order_id, "", total, event.currency)
    listed = amounts.item_list(items, event.currency)
    return notifier.notify(tx, request, items=listed, amount=amounts.amount(total, event.currency))


def on_order_updated(notifier: Notifier, tx: Transaction, received: Received[OrderUpdated]) -> Outcome | None:
    """Tell the shopper and the sellers of what they were not told before."""
    event = received.event
    items = _items(event.items)
    by_seller = _by_seller(event, items)
    # An event without parts is about the whole order: one occasion for the shopper, whatever the number of sellers.
    for_shopper = by_seller if event.parts else [_whole(event, items)]
    outcomes = [_tell_shopper(notifier, tx, event, part, len(for_shopper)) for part in for_shopper]
    if any(part.status is OrderStatus.PAID for part in by_seller):
        outcomes.append(_send_receipt(notifier, tx, event, items))
    outcomes += [_tell_seller(notifier, tx, event, part) for part in by_seller]
    return None if None in outcomes else Outcome.DUPLICATE


def _tell_shopper(notifier: Notifier, tx: Transaction, event: OrderUpdated, part: Part, parts: int) -> Outcome | None:
    template = TEMPLATE_OF_STATUS.get(part.status)
    if template is None:
        return Outcome.DUPLICATE
    what = WHOLE if parts == 1 else PART
    request = NotificationRequest(event.user_id, template, event.order_id, part.seller_id, part.amount, event.currency)
    return notifier.notify(tx, request, What=what.capitalize(), **_values(event, part, to_seller=False))


def _tell_seller(notifier: Notifier, tx: Transaction, event: OrderUpdated, part: Part) -> Outcome | None:
    """Tell a seller what to ship, and what not to ship after all; of a sale that was never paid they hear nothing."""
    template = ""
    if part.status is OrderStatus.PAID:
        template = SALE
    elif part.status is OrderStatus.CANCELLED and inboxes.was_told(tx.connection, event.order_id, SALE, part.seller_id):
        template = "sale-cancelled"
    if not template:
        return Outcome.DUPLICATE
    request = NotificationRequest(part.seller_id, template, event.order_id, "", part.amount, event.currency)
    return notifier.notify(tx, request, **_values(event, part, to_seller=True))


def _send_receipt(notifier: Notifier, tx: Transaction, event: OrderUpdated, items: list[Item]) -> Outcome | None:
    total = to_cents(event.amount)
    request = NotificationRequest(event.user_id, "receipt", event.order_id, "", total, event.currency)
    listed = amounts.receipt(items, total, event.currency)
    return notifier.notify(tx, request, items=listed, amount=amounts.amount(total, event.currency))


def _values(event: OrderUpdated, part: Part, *, to_seller: bool) -> dict[str, str]:
    return {
        "items": amounts.item_list(part.items, event.currency),
        "amount": amounts.amount(part.amount, event.currency),
        "reason": templates.reason(part.reason, to_seller=to_seller),
    }


def _whole(event: OrderUpdated, items: list[Item]) -> Part:
    return Part("", event.status, items, to_cents(event.amount), event.reason)


def _by_seller(event: OrderUpdated, items: list[Item]) -> list[Part]:
    sold: dict[str, list[Item]] = {part.seller_id: [] for part in event.parts}
    for item in items:
        sold.setdefault(item.seller_id, []).append(item)
    if not event.parts:
        return [
            Part(seller_id, event.status, own, amounts.sum_of(own), event.reason) for seller_id, own in sold.items()
        ]
    return [
        Part(part.seller_id, part.status, sold[part.seller_id], to_cents(part.amount), part.reason or event.reason)
        for part in event.parts
    ]


def _items(items: Sequence[OrderItem]) -> list[Item]:
    found = [Item(item.seller_id, item.quantity, item.name, to_cents(item.unit_price)) for item in items]
    try:
        amounts.sum_of(found)
    except ValueError as error:
        raise Poison(f"items: {error}") from error
    return found
