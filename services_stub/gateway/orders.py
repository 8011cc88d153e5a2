"""Puts an order together with its payment and its notifications, for screens that would ask three services."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Iterator

from services_stub.contracts.http.gateway import OrderOverview, OrderTimeline, TimelineEntry, TimelineKind
from services_stub.contracts.http.notification import Inbox, Notification
from services_stub.contracts.http.order import Order
from services_stub.contracts.http.payment import Payment, PaymentStatus
from services_stub.contracts.times import moment_of
from services_stub.gateway.gathering import Gathering
from services_stub.runtime.errors import Refused, Unavailable

_ORDER_ID = re.compile(r"[A-Za-z0-9-]{1,64}")
_NEWEST = 100
_GIVEN_BACK = (PaymentStatus.CHARGED, PaymentStatus.REFUNDED)
"""Of a payment with refunds these say when the last of them changed, which the refunds say themselves."""

Parts = tuple[Order | None, Payment | None, list[Notification] | None]


async def order_overview(gathering: Gathering, order_id: str) -> OrderOverview:
    """The overview of an order as the caller may see it.

    Raises:
        Refused: there is no such order for this caller.
        Unavailable: the order service is away or too slow.
    """
    order, payment, told = await _parts(gathering, order_id)
    if order is None:
        raise Unavailable("order: there is no overview without it")
    return OrderOverview(order=order, payment=payment, notifications=told, missing=gathering.missing)


async def order_timeline(gathering: Gathering, order_id: str) -> OrderTimeline:
    """All that happened to an order as far as the caller may see it.

    Raises:
        Refused: there is no such order for this caller.
        Unavailable: nothing is known of it, because services are away or too slow.
    """
    order, payment, told = await _parts(gathering, order_id)
    if order is None and payment is None and not told:
        raise Unavailable("order: nothing is known of the order without it")
    entries = [*_of_order(order), *_of_payment(payment), *_of_notifications(told or ())]
    entries.sort(key=lambda entry: moment_of(entry.at))
    return OrderTimeline(order=order, payment=payment, entries=entries, missing=gathering.missing)


async def _parts(gathering: Gathering, order_id: str) -> Parts:
    if _ORDER_ID.fullmatch(order_id) is None:
        raise Refused(404, "not-found", "there is no such order")
    order, payment, inbox = await asyncio.gather(
        gathering.part("order", f"/api/orders/{order_id}", Order, decides=True),
        gathering.part("payment", f"/api/payments/{order_id}", Payment),
        gathering.part("notification", f"/api/notifications?limit={_NEWEST}", Inbox, name="notifications"),
    )
    about = {order_id, payment.payment_id if payment else order_id}
    return order, payment, None if inbox is None else [message for message in inbox.items if message.about in about]


def _of_order(order: Order | None) -> Iterator[TimelineEntry]:
    for change in order.history if order else ():
        yield TimelineEntry(
            at=change.at, kind=TimelineKind.ORDER, what=change.status, text=change.reason, seller_id=change.seller_id
        )


def _of_payment(payment: Payment | None) -> Iterator[TimelineEntry]:
    if payment is None:
        return
    yield TimelineEntry(
        at=payment.created_at, kind=TimelineKind.PAYMENT, what=PaymentStatus.PENDING, amount=payment.amount
    )
    if payment.status is not PaymentStatus.PENDING and not (payment.refunds and payment.status in _GIVEN_BACK):
        yield TimelineEntry(
            at=payment.updated_at,
            kind=TimelineKind.REFUND if payment.status is PaymentStatus.REFUNDED else TimelineKind.PAYMENT,
            what=payment.status,
            text=payment.reason,
            amount=payment.amount,
        )
    for refund in payment.refunds:
        yield TimelineEntry(
            at=refund.updated_at,
            kind=TimelineKind.REFUND,
            what=PaymentStatus.REFUNDED if refund.refunded else PaymentStatus.PENDING,
            text=refund.reason,
            amount=refund.amount,
            seller_id=refund.seller_id,
        )


def _of_notifications(notifications: Iterable[Notification]) -> Iterator[TimelineEntry]:
    for message in notifications:
        yield TimelineEntry(
            at=message.created_at, kind=TimelineKind.NOTIFICATION, what=message.template, text=message.subject
        )
