"""Payments, and the methods that can be paid with."""

from __future__ import annotations

from services_stub.client.transport import Query, Transport, path_segment
from services_stub.contracts.http.page import DEFAULT_PAGE, Page
from services_stub.contracts.http.payment import Payment, PaymentMethod

_BASE = "/payment-service/api"


class PaymentsArea:
    """The operations on the own payments."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def read(self, order_id: str) -> Payment:
        """The payment of an order."""
        return await self._transport.request("GET", f"{_BASE}/payments/{path_segment(order_id)}", Payment)

    async def list(self, *, cursor: str = "", limit: int = DEFAULT_PAGE) -> Page[Payment]:
        """A page of the own payments, newest first."""
        query: Query = {"cursor": cursor, "limit": limit}
        return await self._transport.request("GET", f"{_BASE}/payments", Page[Payment], query=query)

    async def methods(self) -> tuple[PaymentMethod, ...]:
        """The test cards, and what each does."""
        return await self._transport.request("GET", f"{_BASE}/payment-methods", tuple[PaymentMethod, ...])
