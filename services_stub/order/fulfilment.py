"""The life of a part of an order as one table, and the status of the order that follows from its parts.

    PENDING ► PAID ► SHIPPED ► DELIVERED      PENDING ► FAILED      PENDING or PAID ► CANCELLED ► REFUNDED
                     SHIPPED or DELIVERED ► REFUNDING ► REFUNDED

An order has one part for each of its sellers. Topics are not ordered against each other, and records come twice, so
every trigger can meet every status: the table is total. The decisions are carried out elsewhere; other services act on
the order-updated that a transition publishes: PAID commits the stock, FAILED and CANCELLED give it back, CANCELLED and
REFUNDING make the payment service give the money back, or not take it.
"""

from __future__ import annotations

from collections.abc import Collection
from enum import Enum, StrEnum
from typing import NamedTuple

from services_stub.contracts.events.order import OrderStatus

S = OrderStatus


class Trigger(StrEnum):
    """The triggers of a part: events of other services, and requests of its shopper, its seller and admins.

    SELLER_BLOCKED is the block of a seller of an order that was placed before; the others of this kind are blocks that
    had begun when the order was placed, so that it should not have been accepted. CANCEL ends what is not shipped;
    REFUND also what is.
    """

    PAYMENT_SUCCESS = "payment-success"
    PAYMENT_FAILED = "payment-failed"
    PAYMENT_REFUNDED = "payment-refunded"
    SELLER_BLOCKED = "seller-blocked"
    SELLER_WAS_BLOCKED = "seller-was-blocked"
    OTHER_SELLER_WAS_BLOCKED = "other-seller-was-blocked"
    CANCEL = "cancel"
    SHIP = "ship"
    DELIVER = "deliver"
    REFUND = "refund"


T = Trigger


class Effect(Enum):
    """The effect of a transition beside the new status."""

    PUBLISHED = "order-updated is published and the history grows"
    NOTHING = "nothing: the trigger is late, repeated, or does not concern a part in this status"
    REFUSED = "nothing, and the caller is told the reason"
    REJECTED = "nothing, and the event is logged: it cannot be true of a part in this status"


class Transition(NamedTuple):
    """The status after a trigger, the reason, and the effect."""

    status: OrderStatus
    reason: str
    effect: Effect


_PUBLISHED, _NOTHING, _REFUSED, _REJECTED = Effect.PUBLISHED, Effect.NOTHING, Effect.REFUSED, Effect.REJECTED

PLACED = Transition(S.PENDING, "placed", _PUBLISHED)
"""How a part begins; it is published as order-created."""

TRANSITIONS: dict[tuple[OrderStatus, Trigger], Transition] = {
    # The stock is reserved, the charge is under way. A part that ends now is charged with the others and then given
    # back.
    (S.PENDING, T.PAYMENT_SUCCESS): Transition(S.PAID, "paid", _PUBLISHED),
    (S.PENDING, T.PAYMENT_FAILED): Transition(S.FAILED, "payment-failed", _PUBLISHED),
    (S.PENDING, T.PAYMENT_REFUNDED): Transition(S.PENDING, "not-cancelled", _REJECTED),
    (S.PENDING, T.SELLER_BLOCKED): Transition(S.CANCELLED, "seller-blocked", _PUBLISHED),
    (S.PENDING, T.SELLER_WAS_BLOCKED): Transition(S.CANCELLED, "seller-blocked", _PUBLISHED),
    (S.PENDING, T.OTHER_SELLER_WAS_BLOCKED): Transition(S.CANCELLED, "other-seller-blocked", _PUBLISHED),
    (S.PENDING, T.CANCEL): Transition(S.CANCELLED, "cancelled", _PUBLISHED),
    (S.PENDING, T.SHIP): Transition(S.PENDING, "order-not-paid", _REFUSED),
    (S.PENDING, T.DELIVER): Transition(S.PENDING, "order-not-shipped", _REFUSED),
    (S.PENDING, T.REFUND): Transition(S.CANCELLED, "cancelled", _PUBLISHED),
    # Paid and not yet shipped. A blocked seller's part stands if it was bought before the block, and is given back
    # otherwise.
    (S.PAID, T.PAYMENT_SUCCESS): Transition(S.PAID, "already-paid", _NOTHING),
    (S.PAID, T.PAYMENT_FAILED): Transition(S.PAID, "already-paid", _REJECTED),
    (S.PAID, T.PAYMENT_REFUNDED): Transition(S.PAID, "not-cancelled", _REJECTED),
    (S.PAID, T.SELLER_BLOCKED): Transition(S.PAID, "already-paid", _NOTHING),
    (S.PAID, T.SELLER_WAS_BLOCKED): Transition(S.CANCELLED, "seller-blocked", _PUBLISHED),
    (S.PAID, T.OTHER_SELLER_WAS_BLOCKED): Transition(S.CANCELLED, "other-seller-blocked", _PUBLISHED),
    (S.PAID, T.CANCEL): Transition(S.CANCELLED, "cancelled", _PUBLISHED),
    (S.PAID, T.SHIP): Transition(S.SHIPPED, "shipped", _PUBLISHED),
    (S.PAID, T.DELIVER): Transition(S.PAID, "order-not-shipped", _REFUSED),
    (S.PAID, T.REFUND): Transition(S.CANCELLED, "cancelled", _PUBLISHED),
    # On its way: too late to cancel. The money can still be given back; the goods stay sold.
    (S.SHIPPED, T.PAYMENT_SUCCESS): Transition(S.SHIPPED, "already-paid", _NOTHING),
    (S.SHIPPED, T.PAYMENT_FAILED): Transition(S.SHIPPED, "already-paid", _REJECTED),
    (S.SHIPPED, T.PAYMENT_REFUNDED): Transition(S.SHIPPED, "not-cancelled", _REJECTED),
    (S.SHIPPED, T.SELLER_BLOCKED): Transition(S.SHIPPED, "already-paid", _NOTHING),
    (S.SHIPPED, T.SELLER_WAS_BLOCKED): Transition(S.REFUNDING, "seller-blocked", _PUBLISHED),
    (S.SHIPPED, T.OTHER_SELLER_WAS_BLOCKED): Transition(S.SHIPPED, "already-shipped", _NOTHING),
    (S.SHIPPED, T.CANCEL): Transition(S.SHIPPED, "order-not-cancellable", _REFUSED),
    (S.SHIPPED, T.SHIP): Transition(S.SHIPPED, "already-shipped", _NOTHING),
    (S.SHIPPED, T.DELIVER): Transition(S.DELIVERED, "delivered", _PUBLISHED),
    (S.SHIPPED, T.REFUND): Transition(S.REFUNDING, "refunded", _PUBLISHED),
    # Arrived.
    (S.DELIVERED, T.PAYMENT_SUCCESS): Transition(S.DELIVERED, "already-paid", _NOTHING),
    (S.DELIVERED, T.PAYMENT_FAILED): Transition(S.DELIVERED, "already-paid", _REJECTED),
    (S.DELIVERED, T.PAYMENT_REFUNDED): Transition(S.DELIVERED, "not-cancelled", _REJECTED),
    (S.DELIVERED, T.SELLER_BLOCKED): Transition(S.DELIVERED, "already-paid", _NOTHING),
    (S.DELIVERED, T.SELLER_WAS_BLOCKED): Transition(S.REFUNDING, "seller-blocked", _PUBLISHED),
    (S.DELIVERED, T.OTHER_SELLER_WAS_BLOCKED): Transition(S.DELIVERED, "already-shipped", _NOTHING),
    (S.DELIVERED, T.CANCEL): Transition(S.DELIVERED, "order-not-cancellable", _REFUSED),
    (S.DELIVERED, T.SHIP): Transition(S.DELIVERED, "already-shipped", _NOTHING),
    (S.DELIVERED, T.DELIVER): Transition(S.DELIVERED, "already-delivered", _NOTHING),
    (S.DELIVERED, T.REFUND): Transition(S.REFUNDING, "refunded", _PUBLISHED),
    # Not charged. A charge that arrives after all must not be kept: cancelling gives it back.
    (S.FAILED, T.PAYMENT_SUCCESS): Transition(S.CANCELLED, "charged-after-failure", _PUBLISHED),
    (S.FAILED, T.PAYMENT_FAILED): Transition(S.FAILED, "already-failed", _NOTHING),
    (S.FAILED, T.PAYMENT_REFUNDED): Transition(S.REFUNDED, "refunded", _PUBLISHED),
    (S.FAILED, T.SELLER_BLOCKED): Transition(S.FAILED, "already-failed", _NOTHING),
    (S.FAILED, T.SELLER_WAS_BLOCKED): Transition(S.FAILED, "already-failed", _NOTHING),
    (S.FAILED, T.OTHER_SELLER_WAS_BLOCKED): Transition(S.FAILED, "already-failed", _NOTHING),
    (S.FAILED, T.CANCEL): Transition(S.FAILED, "order-not-cancellable", _REFUSED),
    (S.FAILED, T.SHIP): Transition(S.FAILED, "order-not-paid", _REFUSED),
    (S.FAILED, T.DELIVER): Transition(S.FAILED, "order-not-shipped", _REFUSED),
    (S.FAILED, T.REFUND): Transition(S.FAILED, "order-not-paid", _REFUSED),
    # Cancelled: a charge that was under way or done is given back by the payment service, which hears of it.
    (S.CANCELLED, T.PAYMENT_SUCCESS): Transition(S.CANCELLED, "will-be-refunded", _NOTHING),
    (S.CANCELLED, T.PAYMENT_FAILED): Transition(S.CANCELLED, "already-cancelled", _NOTHING),
    (S.CANCELLED, T.PAYMENT_REFUNDED): Transition(S.REFUNDED, "refunded", _PUBLISHED),
    (S.CANCELLED, T.SELLER_BLOCKED): Transition(S.CANCELLED, "already-cancelled", _NOTHING),
    (S.CANCELLED, T.SELLER_WAS_BLOCKED): Transition(S.CANCELLED, "already-cancelled", _NOTHING),
    (S.CANCELLED, T.OTHER_SELLER_WAS_BLOCKED): Transition(S.CANCELLED, "already-cancelled", _NOTHING),
    (S.CANCELLED, T.CANCEL): Transition(S.CANCELLED, "already-cancelled", _NOTHING),
    (S.CANCELLED, T.SHIP): Transition(S.CANCELLED, "order-cancelled", _REFUSED),
    (S.CANCELLED, T.DELIVER): Transition(S.CANCELLED, "order-cancelled", _REFUSED),
    (S.CANCELLED, T.REFUND): Transition(S.CANCELLED, "already-cancelled", _NOTHING),
    # Shipped, and the payment service gives the money back.
    (S.REFUNDING, T.PAYMENT_SUCCESS): Transition(S.REFUNDING, "already-paid", _NOTHING),
    (S.REFUNDING, T.PAYMENT_FAILED): Transition(S.REFUNDING, "already-paid", _REJECTED),
    (S.REFUNDING, T.PAYMENT_REFUNDED): Transition(S.REFUNDED, "refunded", _PUBLISHED),
    (S.REFUNDING, T.SELLER_BLOCKED): Transition(S.REFUNDING, "already-refunded", _NOTHING),
    (S.REFUNDING, T.SELLER_WAS_BLOCKED): Transition(S.REFUNDING, "already-refunded", _NOTHING),
    (S.REFUNDING, T.OTHER_SELLER_WAS_BLOCKED): Transition(S.REFUNDING, "already-refunded", _NOTHING),
    (S.REFUNDING, T.CANCEL): Transition(S.REFUNDING, "order-not-cancellable", _REFUSED),
    (S.REFUNDING, T.SHIP): Transition(S.REFUNDING, "order-refunded", _REFUSED),
    (S.REFUNDING, T.DELIVER): Transition(S.REFUNDING, "order-refunded", _REFUSED),
    (S.REFUNDING, T.REFUND): Transition(S.REFUNDING, "already-refunded", _NOTHING),
    # Given back: the end. The payment-success of that charge may come only now.
    (S.REFUNDED, T.PAYMENT_SUCCESS): Transition(S.REFUNDED, "already-refunded", _NOTHING),
    (S.REFUNDED, T.PAYMENT_FAILED): Transition(S.REFUNDED, "already-refunded", _NOTHING),
    (S.REFUNDED, T.PAYMENT_REFUNDED): Transition(S.REFUNDED, "already-refunded", _NOTHING),
    (S.REFUNDED, T.SELLER_BLOCKED): Transition(S.REFUNDED, "already-refunded", _NOTHING),
    (S.REFUNDED, T.SELLER_WAS_BLOCKED): Transition(S.REFUNDED, "already-refunded", _NOTHING),
    (S.REFUNDED, T.OTHER_SELLER_WAS_BLOCKED): Transition(S.REFUNDED, "already-refunded", _NOTHING),
    (S.REFUNDED, T.CANCEL): Transition(S.REFUNDED, "already-refunded", _NOTHING),
    (S.REFUNDED, T.SHIP): Transition(S.REFUNDED, "order-refunded", _REFUSED),
    (S.REFUNDED, T.DELIVER): Transition(S.REFUNDED, "order-refunded", _REFUSED),
    (S.REFUNDED, T.REFUND): Transition(S.REFUNDED, "already-refunded", _NOTHING),
}

_PRECEDENCE = (S.PENDING, S.PAID, S.SHIPPED, S.DELIVERED, S.REFUNDING, S.CANCELLED, S.REFUNDED, S.FAILED)
"""Open parts first, the least advanced of them before all; what still gives money back before what has ended."""


def transition_for(status: OrderStatus, trigger: Trigger) -> Transition:
    """The transition of a part in `status` by `trigger`."""
    return TRANSITIONS[status, trigger]


def status_of_order(parts: Collection[OrderStatus]) -> OrderStatus:
    """The status of an order whose parts, at least one, have these."""
    return min(parts, key=_PRECEDENCE.index)
