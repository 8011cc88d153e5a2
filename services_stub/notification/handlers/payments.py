"""Handlers of the payment service's events.

A refund is told together with what was charged, which another topic says: whichever comes last has the notice written.
"""

from __future__ import annotations

from services_stub.contracts.events.payment import PaymentFailed, PaymentRefunded, PaymentSuccess
from services_stub.contracts.money import to_cents
from services_stub.notification.domain import amounts, templates
from services_stub.notification.handlers.notifying import NotificationRequest, Notifier, check_ids
from services_stub.notification.handlers.orders import PART, WHOLE
from services_stub.notification.store import inboxes, payments
from services_stub.notification.store.payments import Charge, Refund
from services_stub.runtime.errors import Poison, Refused
from services_stub.runtime.service import Outcome
from services_stub.runtime.sql.transaction import Received, Transaction


def on_payment_success(notifier: Notifier, tx: Transaction, received: Received[PaymentSuccess]) -> Outcome | None:
    """Remember what was charged, and tell of the refunds that were heard of before."""
    event = received.event
    charge = Charge(event.order_id, _payer(tx, event), to_cents(event.amount), event.currency)
    check_ids(charge.order_id, charge.user_id)
    if not payments.insert_charge(tx, charge):
        return Outcome.DUPLICATE
    _tell_refunds(notifier, tx, charge)
    return None


def on_payment_failed(notifier: Notifier, tx: Transaction, received: Received[PaymentFailed]) -> Outcome | None:
    """Tell the shopper that the order could not be paid, and why."""
    event = received.event
    request = NotificationRequest(_payer(tx, event), "payment-failed", event.order_id)
    return notifier.notify(tx, request, reason=templates.reason(event.reason))


def on_payment_refunded(notifier: Notifier, tx: Transaction, received: Received[PaymentRefunded]) -> Outcome | None:
    """Tell the shopper that the money of a part, or of the whole order, is given back."""
    event = received.event
    check_ids(event.order_id, event.seller_id)
    position = len(payments.refunds_of(tx, event.order_id))
    refund = Refund(event.order_id, event.seller_id, position, to_cents(event.amount), event.currency, event.reason)
    if not payments.insert_refund(tx, refund):
        return Outcome.DUPLICATE
    charge = payments.find_charge(tx, event.order_id)
    if charge is not None:
        _tell_refunds(notifier, tx, charge)
    return None


def _tell_refunds(notifier: Notifier, tx: Transaction, charge: Charge) -> None:
    """Tell of each refund of an order what it leaves. Those that were told before are not told again.

    Raises:
        Poison: more is given back than was charged, or in another currency.
    """
    refunded = 0
    for refund in payments.refunds_of(tx, charge.order_id):
        refunded += refund.amount
        if refunded > charge.amount or refund.currency != charge.currency:
            raise Poison("charge and refunds of the order do not go together")
        request = NotificationRequest(
            charge.user_id, "refund", charge.order_id, refund.seller_id, refund.amount, refund.currency
        )
        notifier.notify(
            tx,
            request,
            what=PART if refund.seller_id and refund.amount < charge.amount else WHOLE,
            amount=amounts.amount(refund.amount, charge.currency),
            reason=templates.reason(refund.reason),
            charged=amounts.amount(charge.amount, charge.currency),
            refunded=amounts.amount(refunded, charge.currency),
            kept=amounts.amount(charge.amount - refunded, charge.currency),
        )


def _payer(tx: Transaction, event: PaymentSuccess | PaymentFailed) -> str:
    """The user who pays. A payment service may leave it out: then it is the user whose order was placed."""
    if event.user_id:
        return event.user_id
    check_ids(event.order_id)
    found = inboxes.find_addressee(tx.connection, event.order_id, "order-placed")
    if found is None:
        raise Refused(404, "addressee-unknown", "the event names no user, and its order is not known")
    return found
