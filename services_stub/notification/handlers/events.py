"""Handlers of the events that users are notified of, each by a template."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from services_stub.contracts.base import Event
from services_stub.contracts.events.auth import SellerBlocked, UserCreated
from services_stub.contracts.events.order import OrderCreated, OrderItem, OrderStatus, OrderUpdated
from services_stub.contracts.events.payment import PaymentFailed, PaymentRefunded, PaymentSuccess
from services_stub.notification import store
from services_stub.notification.domain import templates
from services_stub.notification.handlers.notifying import NotificationRequest, Notifier, check_ids
from services_stub.runtime.errors import Poison, Refused
from services_stub.runtime.service import Handler, Outcome
from services_stub.runtime.sql.transaction import Received, Transaction


def on_user_created(notifier: Notifier, tx: Transaction, received: Received[UserCreated]) -> Outcome | None:
    """Remember how the user is reached, and welcome them."""
    event = received.event
    if not notifier.add_recipient(tx, event.user_id, event.email, event.name, event.phone):
        return Outcome.DUPLICATE
    request = NotificationRequest(event.user_id, "welcome", event.user_id)
    return notifier.notify(tx, request, role=templates.printable(event.role), email=templates.printable(event.email))


def on_order_created(notifier: Notifier, tx: Transaction, received: Received[OrderCreated]) -> Outcome | None:
    """Tell the shopper that the order was placed."""
    event = received.event
    request = NotificationRequest(event.user_id, "order-placed", event.order_id)
    return notifier.notify(tx, request, items=_items(event.items, event.currency), amount=_amount(event))


def on_order_updated(notifier: Notifier, tx: Transaction, received: Received[OrderUpdated]) -> Outcome | None:
    """Tell the shopper of the steps that the payment's events do not tell of."""
    event = received.event
    request = NotificationRequest(event.user_id, TEMPLATE_OF_STATUS[event.status], event.order_id)
    items = _items(event.items, event.currency)
    return notifier.notify(tx, request, items=items, reason=templates.reason(event.reason))


def on_payment_success(notifier: Notifier, tx: Transaction, received: Received[PaymentSuccess]) -> Outcome | None:
    """Tell the shopper that the order is paid."""
    event = received.event
    request = NotificationRequest(_payer(tx, event), "payment-received", event.order_id)
    return notifier.notify(tx, request, amount=_amount(event))


def on_payment_failed(notifier: Notifier, tx: Transaction, received: Received[PaymentFailed]) -> Outcome | None:
    """Tell the shopper that the order could not be paid, and why."""
    event = received.event
    request = NotificationRequest(_payer(tx, event), "payment-failed", event.order_id)
    return notifier.notify(tx, request, reason=templates.reason(event.reason))


def on_payment_refunded(notifier: Notifier, tx: Transaction, received: Received[PaymentRefunded]) -> Outcome | None:
    """Tell the shopper that the money is given back."""
    event = received.event
    request = NotificationRequest(_payer(tx, event), "refund", event.order_id)
    return notifier.notify(tx, request, amount=_amount(event), reason=templates.reason(event.reason))


def on_seller_blocked(notifier: Notifier, tx: Transaction, received: Received[SellerBlocked]) -> Outcome | None:
    """Tell the seller. It can happen again after the block was taken back, so each event is an occasion of its own."""
    event = received.event
    request = NotificationRequest(event.seller_id, "seller-blocked", event.seller_id, received.envelope.id)
    return notifier.notify(tx, request, reason=templates.reason(event.reason))


def _payer(tx: Transaction, event: PaymentSuccess | PaymentFailed | PaymentRefunded) -> str:
    """The user who pays. A payment service may leave it out: then it is the user whose order was placed."""
    if event.user_id:
        return event.user_id
    check_ids(event.order_id)
    found = store.find_addressee(tx.connection, event.order_id, "order-placed")
    if found is None:
        raise Refused(404, "addressee-unknown", "the event names no user, and its order is not known")
    return found


def _items(items: Sequence[OrderItem], currency: str) -> str:
    try:
        lines = [templates.Item(item.quantity, item.name, item.unit_price) for item in items]
        return templates.item_list(lines, currency)
    except ValueError as error:
        raise Poison(f"items: {error}") from error


def _amount(event: OrderCreated | PaymentSuccess | PaymentRefunded) -> str:
    try:
        return templates.amount(event.amount, event.currency)
    except ValueError as error:
        raise Poison(f"amount: {error}") from error


TEMPLATE_OF_STATUS: dict[OrderStatus, str] = {
    OrderStatus.SHIPPED: "order-shipped",
    OrderStatus.DELIVERED: "order-delivered",
    OrderStatus.CANCELLED: "order-cancelled",
}


def handlers(notifier: Notifier) -> Mapping[type[Event], Handler]:
    """The handlers of the consumed events, which write their notifications by `notifier`."""
    return {
        UserCreated: partial(on_user_created, notifier),
        OrderCreated: partial(on_order_created, notifier),
        OrderUpdated: partial(on_order_updated, notifier),
        PaymentSuccess: partial(on_payment_success, notifier),
        PaymentFailed: partial(on_payment_failed, notifier),
        PaymentRefunded: partial(on_payment_refunded, notifier),
        SellerBlocked: partial(on_seller_blocked, notifier),
    }
