"""The client of one marketplace, for one account or guest at a time."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from types import TracebackType
from typing import Self

import httpx

from services_stub.client.admin import AdminArea
from services_stub.client.analytics import AnalyticsArea
from services_stub.client.auth import AuthArea
from services_stub.client.cart import CartArea
from services_stub.client.dead_letters import DeadLettersArea
from services_stub.client.documents import DocumentsArea
from services_stub.client.health import HealthArea
from services_stub.client.notifications import NotificationsArea
from services_stub.client.orders import OrdersArea
from services_stub.client.payments import PaymentsArea
from services_stub.client.products import ProductsArea
from services_stub.client.search import SearchArea
from services_stub.client.seller import SellerArea
from services_stub.client.session import Session
from services_stub.client.storefront import StorefrontArea
from services_stub.client.stream import Gap, LiveEvent, live_events
from services_stub.client.transport import Transport

_RETRY_PAUSES = (0.1, 0.4, 1.6)


class MarketplaceClient:
    """Everything that the gateway offers, one method per operation, in areas: `client.cart.add(product_id)`.

    One client is one person: `session` holds their tokens and guest cart, and may be kept and given to the next
    client. Use it as an asynchronous context manager, or call `close`. Errors: `services_stub.client.errors`.
    """

    def __init__(
        self,
        base_url: str,
        *,
        session: Session | None = None,
        timeout: float = 10.0,
        retry_pauses: Sequence[float] = _RETRY_PAUSES,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """`retry_pauses`: the seconds between attempts of an idempotent call; `transport` replaces the network."""
        self.session = session or Session()
        self._transport = Transport(
            base_url, self.session, timeout=timeout, retry_pauses=retry_pauses, transport=transport
        )
        self.cart = CartArea(self._transport)
        self.auth = AuthArea(self._transport, self.cart)
        self.products = ProductsArea(self._transport)
        self.search = SearchArea(self._transport)
        self.storefront = StorefrontArea(self._transport)
        self.orders = OrdersArea(self._transport)
        self.payments = PaymentsArea(self._transport)
        self.notifications = NotificationsArea(self._transport)
        self.seller = SellerArea(self._transport)
        self.admin = AdminArea(self._transport)
        self.dead_letters = DeadLettersArea(self._transport)
        self.analytics = AnalyticsArea(self._transport)
        self.health = HealthArea(self._transport)
        self.documents = DocumentsArea(self._transport)

    def stream(self) -> AsyncGenerator[LiveEvent | Gap, None]:
        """The events of the own orders, payments, products and messages, from now on.

        Close it (`contextlib.aclosing`) to end the connection at once.
        """
        return live_events(self._transport)

    async def close(self) -> None:
        """Close all connections."""
        await self._transport.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
