"""Puts an order together with its payment and its notifications, for screens that would ask three services."""

from __future__ import annotations

import asyncio
import re
from typing import TypeVar

from services_stub.contracts.envelope import Cause
from services_stub.contracts.http.gateway import OrderOverview
from services_stub.contracts.http.notification import Inbox
from services_stub.contracts.http.order import Order
from services_stub.contracts.http.payment import Payment
from services_stub.runtime.errors import Refused, Unavailable
from services_stub.runtime.peers import Peers

_ORDER_ID = re.compile(r"[A-Za-z0-9-]{1,64}")
_NEWEST = 100

T = TypeVar("T")


async def order_overview(peers: Peers, order_id: str, *, authorization: str, cause: Cause) -> OrderOverview:
    """The overview of an order as the caller with this `Authorization` header may see it.

    Raises:
        Refused: there is no such order for this caller.
        Unavailable: the order service is away; the other two may be.
    """
    if _ORDER_ID.fullmatch(order_id) is None:
        raise Refused(404, "not-found", "there is no such order")

    async def ask(service: str, path: str, expect: type[T]) -> T:
        return await peers.call(service, "GET", path, expect=expect, cause=cause, authorization=authorization)

    async def ask_if_there(service: str, path: str, expect: type[T]) -> T | None:
        try:
            return await ask(service, path, expect)
        except (Refused, Unavailable):
            return None

    order, payment, inbox = await asyncio.gather(
        ask("order", f"/api/orders/{order_id}", Order),
        ask_if_there("payment", f"/api/payments/{order_id}", Payment),
        ask_if_there("notification", f"/api/notifications?limit={_NEWEST}", Inbox),
    )
    about = {order_id, payment.payment_id if payment else order_id}
    told = None if inbox is None else [message for message in inbox.items if message.about in about]
    return OrderOverview(order=order, payment=payment, notifications=told)
