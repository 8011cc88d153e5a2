"""The effects of the payment service's events on an order. An event about an order that does not exist is rejected."""

from __future__ import annotations

from services_stub.contracts.events.payment import PaymentFailed, PaymentRefunded, PaymentSuccess
from services_stub.contracts.money import from_cents
from services_stub.order.fulfilment import Trigger
from services_stub.order.handlers.transitions import apply_transitions, find
from services_stub.order.store.orders import PlacedOrder
from services_stub.runtime.errors import Refused
from services_stub.runtime.sql.transaction import Received, Transaction


def on_payment_success(tx: Transaction, received: Received[PaymentSuccess]) -> None:
    """The order was charged; an order is paid by its amount and no other."""
    event = received.event
    order = find(tx, event.order_id)
    amount = from_cents(order.row.amount)
    if event.amount != amount:
        raise Refused(409, "amount-differs", f"the order costs {amount}, charged were {event.amount}")
    apply_transitions(tx, order, _for_all(order, Trigger.PAYMENT_SUCCESS))


def on_payment_failed(tx: Transaction, received: Received[PaymentFailed]) -> None:
    """The order could not be charged."""
    event = received.event
    order = find(tx, event.order_id)
    apply_transitions(tx, order, _for_all(order, Trigger.PAYMENT_FAILED), reason=event.reason)


def on_payment_refunded(tx: Transaction, received: Received[PaymentRefunded]) -> None:
    """The money of a part was given back, or of all that ended where the event names no seller."""
    event = received.event
    order = find(tx, event.order_id)
    triggers = _for_all(order, Trigger.PAYMENT_REFUNDED)
    if event.seller_id:
        amounts = {part.seller_id: part.amount for part in order.parts}
        if amounts.get(event.seller_id) != event.amount:
            raise Refused(409, "amount-differs", f"the order has no part of this seller that costs {event.amount}")
        triggers = {event.seller_id: Trigger.PAYMENT_REFUNDED}
    apply_transitions(tx, order, triggers)


def _for_all(order: PlacedOrder, trigger: Trigger) -> dict[str, Trigger]:
    return {part.seller_id: trigger for part in order.parts}
