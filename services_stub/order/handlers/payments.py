"""The effects of the payment service's events on an order. An event about an order that does not exist is rejected."""

from __future__ import annotations

from services_stub.contracts.events.payment import PaymentFailed, PaymentRefunded, PaymentSuccess
from services_stub.contracts.money import from_cents
from services_stub.order.fulfilment import Trigger
from services_stub.order.handlers.transitions import apply_transition, find
from services_stub.runtime.errors import Refused
from services_stub.runtime.sql.transaction import Received, Transaction


def on_payment_success(tx: Transaction, received: Received[PaymentSuccess]) -> None:
    """The order was charged; an order is paid by its amount and no other."""
    event = received.event
    row = find(tx, event.order_id)
    if event.amount != from_cents(row.amount):
        raise Refused(409, "amount-differs", f"the order costs {from_cents(row.amount)}, charged were {event.amount}")
    apply_transition(tx, row, Trigger.PAYMENT_SUCCESS)


def on_payment_failed(tx: Transaction, received: Received[PaymentFailed]) -> None:
    """The order could not be charged."""
    event = received.event
    apply_transition(tx, find(tx, event.order_id), Trigger.PAYMENT_FAILED, reason=event.reason)


def on_payment_refunded(tx: Transaction, received: Received[PaymentRefunded]) -> None:
    """The charge of the order was given back."""
    apply_transition(tx, find(tx, received.event.order_id), Trigger.PAYMENT_REFUNDED)
