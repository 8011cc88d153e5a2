"""The life of an order as one table: the transition for each status and trigger.

    PENDING ► PAID ► SHIPPED ► DELIVERED      PENDING ► FAILED      PENDING or PAID ► CANCELLED ► REFUNDED

Topics are not ordered against each other, and records come twice, so every trigger can meet every status: the table is
total. The decisions are carried out elsewhere; other services act on the order-updated that a transition publishes:
PAID commits the stock, FAILED and CANCELLED give it back, CANCELLED makes the payment service void the charge or give
it back.
"""

from __future__ import annotations

from enum import Enum, StrEnum
from typing import NamedTuple

from services_stub.contracts.events.order import OrderStatus

S = OrderStatus


class Trigger(StrEnum):
    """The triggers of an order: events of other services, and requests of its shopper and its sellers.

    An order can have several sellers. Only the last of them to ship or deliver moves it; and once one of them has
    shipped, it cannot be cancelled any more.
    """

    PAYMENT_SUCCESS = "payment-success"
    PAYMENT_FAILED = "payment-failed"
    PAYMENT_REFUNDED = "payment-refunded"
    SELLER_BLOCKED = "seller-blocked"
    CANCEL = "cancel"
    CANCEL_PART_SHIPPED = "cancel-part-shipped"
    SHIP_PART = "ship-part"
    SHIP_LAST = "ship-last"
    DELIVER_PART = "deliver-part"
    DELIVER_LAST = "deliver-last"


T = Trigger


class Effect(Enum):
    """The effect of a transition beside the new status."""

    PUBLISHED = "order-updated is published and the history grows"
    NOTHING = "nothing: the trigger is late, repeated, or does not concern an order in this status"
    REFUSED = "nothing, and the caller is told the reason"
    REJECTED = "nothing, and the event is logged: it cannot be true of an order in this status"


class Transition(NamedTuple):
    """The status after a trigger, the reason, and the effect."""

    status: OrderStatus
    reason: str
    effect: Effect


_PUBLISHED, _NOTHING, _REFUSED, _REJECTED = Effect.PUBLISHED, Effect.NOTHING, Effect.REFUSED, Effect.REJECTED

PLACED = Transition(S.PENDING, "placed", _PUBLISHED)
"""How an order begins; it is published as order-created."""

TRANSITIONS: dict[tuple[OrderStatus, Trigger], Transition] = {
    # The stock is reserved, the charge is under way.
    (S.PENDING, T.PAYMENT_SUCCESS): Transition(S.PAID, "paid", _PUBLISHED),
    (S.PENDING, T.PAYMENT_FAILED): Transition(S.FAILED, "payment-failed", _PUBLISHED),
    (S.PENDING, T.PAYMENT_REFUNDED): Transition(S.PENDING, "not-cancelled", _REJECTED),
    (S.PENDING, T.SELLER_BLOCKED): Transition(S.CANCELLED, "seller-blocked", _PUBLISHED),
    (S.PENDING, T.CANCEL): Transition(S.CANCELLED, "cancelled-by-shopper", _PUBLISHED),
    (S.PENDING, T.CANCEL_PART_SHIPPED): Transition(S.PENDING, "order-not-cancellable", _REFUSED),
    (S.PENDING, T.SHIP_PART): Transition(S.PENDING, "order-not-paid", _REFUSED),
    (S.PENDING, T.SHIP_LAST): Transition(S.PENDING, "order-not-paid", _REFUSED),
    (S.PENDING, T.DELIVER_PART): Transition(S.PENDING, "order-not-shipped", _REFUSED),
    (S.PENDING, T.DELIVER_LAST): Transition(S.PENDING, "order-not-shipped", _REFUSED),
    # Paid and not yet shipped by every seller. A blocked seller's paid orders stand: the shopper has bought them.
    (S.PAID, T.PAYMENT_SUCCESS): Transition(S.PAID, "already-paid", _NOTHING),
    (S.PAID, T.PAYMENT_FAILED): Transition(S.PAID, "already-paid", _REJECTED),
    (S.PAID, T.PAYMENT_REFUNDED): Transition(S.PAID, "not-cancelled", _REJECTED),
    (S.PAID, T.SELLER_BLOCKED): Transition(S.PAID, "already-paid", _NOTHING),
    (S.PAID, T.CANCEL): Transition(S.CANCELLED, "cancelled-by-shopper", _PUBLISHED),
    (S.PAID, T.CANCEL_PART_SHIPPED): Transition(S.PAID, "order-not-cancellable", _REFUSED),
    (S.PAID, T.SHIP_PART): Transition(S.PAID, "partly-shipped", _NOTHING),
    (S.PAID, T.SHIP_LAST): Transition(S.SHIPPED, "shipped", _PUBLISHED),
    (S.PAID, T.DELIVER_PART): Transition(S.PAID, "partly-delivered", _NOTHING),
    (S.PAID, T.DELIVER_LAST): Transition(S.PAID, "order-not-shipped", _REFUSED),
    # On its way: too late to cancel.
    (S.SHIPPED, T.PAYMENT_SUCCESS): Transition(S.SHIPPED, "already-paid", _NOTHING),
    (S.SHIPPED, T.PAYMENT_FAILED): Transition(S.SHIPPED, "already-paid", _REJECTED),
    (S.SHIPPED, T.PAYMENT_REFUNDED): Transition(S.SHIPPED, "not-cancelled", _REJECTED),
    (S.SHIPPED, T.SELLER_BLOCKED): Transition(S.SHIPPED, "already-paid", _NOTHING),
    (S.SHIPPED, T.CANCEL): Transition(S.SHIPPED, "order-not-cancellable", _REFUSED),
    (S.SHIPPED, T.CANCEL_PART_SHIPPED): Transition(S.SHIPPED, "order-not-cancellable", _REFUSED),
    (S.SHIPPED, T.SHIP_PART): Transition(S.SHIPPED, "already-shipped", _NOTHING),
    (S.SHIPPED, T.SHIP_LAST): Transition(S.SHIPPED, "already-shipped", _NOTHING),
    (S.SHIPPED, T.DELIVER_PART): Transition(S.SHIPPED, "partly-delivered", _NOTHING),
    (S.SHIPPED, T.DELIVER_LAST): Transition(S.DELIVERED, "delivered", _PUBLISHED),
    # Arrived: the end.
    (S.DELIVERED, T.PAYMENT_SUCCESS): Transition(S.DELIVERED, "already-paid", _NOTHING),
    (S.DELIVERED, T.PAYMENT_FAILED): Transition(S.DELIVERED, "already-paid", _REJECTED),
    (S.DELIVERED, T.PAYMENT_REFUNDED): Transition(S.DELIVERED, "not-cancelled", _REJECTED),
    (S.DELIVERED, T.SELLER_BLOCKED): Transition(S.DELIVERED, "already-paid", _NOTHING),
    (S.DELIVERED, T.CANCEL): Transition(S.DELIVERED, "order-not-cancellable", _REFUSED),
    (S.DELIVERED, T.CANCEL_PART_SHIPPED): Transition(S.DELIVERED, "order-not-cancellable", _REFUSED),
    (S.DELIVERED, T.SHIP_PART): Transition(S.DELIVERED, "already-shipped", _NOTHING),
    (S.DELIVERED, T.SHIP_LAST): Transition(S.DELIVERED, "already-shipped", _NOTHING),
    (S.DELIVERED, T.DELIVER_PART): Transition(S.DELIVERED, "already-delivered", _NOTHING),
    (S.DELIVERED, T.DELIVER_LAST): Transition(S.DELIVERED, "already-delivered", _NOTHING),
    # Not charged. A charge that arrives after all must not be kept: cancelling gives it back.
    (S.FAILED, T.PAYMENT_SUCCESS): Transition(S.CANCELLED, "charged-after-failure", _PUBLISHED),
    (S.FAILED, T.PAYMENT_FAILED): Transition(S.FAILED, "already-failed", _NOTHING),
    (S.FAILED, T.PAYMENT_REFUNDED): Transition(S.REFUNDED, "refunded", _PUBLISHED),
    (S.FAILED, T.SELLER_BLOCKED): Transition(S.FAILED, "already-failed", _NOTHING),
    (S.FAILED, T.CANCEL): Transition(S.FAILED, "order-not-cancellable", _REFUSED),
    (S.FAILED, T.CANCEL_PART_SHIPPED): Transition(S.FAILED, "order-not-cancellable", _REFUSED),
    (S.FAILED, T.SHIP_PART): Transition(S.FAILED, "order-not-paid", _REFUSED),
    (S.FAILED, T.SHIP_LAST): Transition(S.FAILED, "order-not-paid", _REFUSED),
    (S.FAILED, T.DELIVER_PART): Transition(S.FAILED, "order-not-shipped", _REFUSED),
    (S.FAILED, T.DELIVER_LAST): Transition(S.FAILED, "order-not-shipped", _REFUSED),
    # Cancelled: a charge that was under way or done is given back by the payment service, which hears of it.
    (S.CANCELLED, T.PAYMENT_SUCCESS): Transition(S.CANCELLED, "will-be-refunded", _NOTHING),
    (S.CANCELLED, T.PAYMENT_FAILED): Transition(S.CANCELLED, "already-cancelled", _NOTHING),
    (S.CANCELLED, T.PAYMENT_REFUNDED): Transition(S.REFUNDED, "refunded", _PUBLISHED),
    (S.CANCELLED, T.SELLER_BLOCKED): Transition(S.CANCELLED, "already-cancelled", _NOTHING),
    (S.CANCELLED, T.CANCEL): Transition(S.CANCELLED, "already-cancelled", _NOTHING),
    (S.CANCELLED, T.CANCEL_PART_SHIPPED): Transition(S.CANCELLED, "already-cancelled", _NOTHING),
    (S.CANCELLED, T.SHIP_PART): Transition(S.CANCELLED, "order-cancelled", _REFUSED),
    (S.CANCELLED, T.SHIP_LAST): Transition(S.CANCELLED, "order-cancelled", _REFUSED),
    (S.CANCELLED, T.DELIVER_PART): Transition(S.CANCELLED, "order-cancelled", _REFUSED),
    (S.CANCELLED, T.DELIVER_LAST): Transition(S.CANCELLED, "order-cancelled", _REFUSED),
    # Given back: the end. The payment-success of that charge may come only now.
    (S.REFUNDED, T.PAYMENT_SUCCESS): Transition(S.REFUNDED, "already-refunded", _NOTHING),
    (S.REFUNDED, T.PAYMENT_FAILED): Transition(S.REFUNDED, "already-refunded", _NOTHING),
    (S.REFUNDED, T.PAYMENT_REFUNDED): Transition(S.REFUNDED, "already-refunded", _NOTHING),
    (S.REFUNDED, T.SELLER_BLOCKED): Transition(S.REFUNDED, "already-refunded", _NOTHING),
    (S.REFUNDED, T.CANCEL): Transition(S.REFUNDED, "already-cancelled", _NOTHING),
    (S.REFUNDED, T.CANCEL_PART_SHIPPED): Transition(S.REFUNDED, "already-cancelled", _NOTHING),
    (S.REFUNDED, T.SHIP_PART): Transition(S.REFUNDED, "order-cancelled", _REFUSED),
    (S.REFUNDED, T.SHIP_LAST): Transition(S.REFUNDED, "order-cancelled", _REFUSED),
    (S.REFUNDED, T.DELIVER_PART): Transition(S.REFUNDED, "order-cancelled", _REFUSED),
    (S.REFUNDED, T.DELIVER_LAST): Transition(S.REFUNDED, "order-cancelled", _REFUSED),
}


def transition_for(status: OrderStatus, trigger: Trigger) -> Transition:
    """The transition of an order in `status` by `trigger`."""
    return TRANSITIONS[status, trigger]
