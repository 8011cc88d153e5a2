"""A shopper's orders: placing one is safe to repeat, because every call carries an idempotency key."""

from __future__ import annotations

from decimal import Decimal
from uuid import uuid4

from msgspec import UNSET

from services_stub.client.errors import OutcomeUnknown, checked_input
from services_stub.client.transport import Transport, path_segment
from services_stub.contracts.events.order import OrderStatus
from services_stub.contracts.http.gateway import OrderOverview, OrderTimeline
from services_stub.contracts.http.order import EndParts, Order, PlaceOrder
from services_stub.contracts.http.page import DEFAULT_PAGE, Page

_BASE = "/order-service/api/orders"


class OrdersArea:
    """The operations on the own orders."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def place(
        self, payment_method: str, *, expected_amount: Decimal | None = None, idempotency_key: str = ""
    ) -> Order:
        """Order the lines of the cart; with `expected_amount`, only if it costs exactly that.

        As long as it is unknown whether the order was placed, the call is repeated with the same key, so that at most
        one order comes of it. To repeat it later, pass the key that `OutcomeUnknown` carries.

        Raises:
            OutcomeUnknown: no attempt was answered.
            Conflict: the cart is empty, or a product is sold out, not for sale any more, or has another price:
                `problem.code` says which, `problem.extensions["lines"]` where.

        """
        key = idempotency_key or str(uuid4())
        with checked_input():
            body = PlaceOrder(
                payment_method=payment_method, expected_amount=UNSET if expected_amount is None else expected_amount
            )

        async def place_once() -> Order:
            return await self._transport.request("POST", _BASE, Order, body=body, headers={"idempotency-key": key})

        try:
            return await self._transport.retry_idempotent(place_once)
        except OutcomeUnknown as error:
            raise OutcomeUnknown(str(error), idempotency_key=key, by_gateway=error.by_gateway) from error

    async def list(
        self, *, status: OrderStatus | None = None, cursor: str = "", limit: int = DEFAULT_PAGE
    ) -> Page[Order]:
        """A page of the own orders, newest first."""
        query = {"status": status, "cursor": cursor, "limit": limit}
        return await self._transport.request("GET", _BASE, Page[Order], query=query)

    async def read(self, order_id: str) -> Order:
        """One order with its history: the shopper's own, one with items of the seller, or any for an admin."""
        return await self._transport.request("GET", f"{_BASE}/{path_segment(order_id)}", Order)

    async def overview(self, order_id: str) -> OrderOverview:
        """One order with its payment and the shopper's notifications of it."""
        return await self._transport.request("GET", f"/api/orders/{path_segment(order_id)}/overview", OrderOverview)

    async def timeline(self, order_id: str) -> OrderTimeline:
        """All that happened to one order, its payment and the messages about it, oldest first."""
        return await self._transport.request("GET", f"/api/orders/{path_segment(order_id)}/timeline", OrderTimeline)

    async def cancel(self, order_id: str, reason: str = "", *, seller_id: str = "") -> Order:
        """Cancel what is not shipped yet, of one seller or of all; a charge is given back.

        Raises:
            Conflict: nothing of it can be cancelled any more; `problem.extensions["parts"]` says how far it is.
        """
        path = f"{_BASE}/{path_segment(order_id)}/cancel"
        with checked_input():
            body = EndParts(reason=reason, seller_id=seller_id)
        return await self._transport.request("POST", path, Order, body=body)
