"""The orders of the shopper who is signed in, newest first."""

from __future__ import annotations

from marketplace_tui.model.marketplace import Marketplace
from marketplace_tui.model.pages import PAGE, Loaded, Pages
from services_stub.contracts.events.order import OrderStatus
from services_stub.contracts.http.order import Order


class OrdersModel:
    """The own orders, of one status or of all."""

    def __init__(self, marketplace: Marketplace) -> None:
        self.status: OrderStatus | None = None
        self._marketplace = marketplace
        self.orders: Pages[Order] = Pages(self._load_page, marketplace.tasks, marketplace.clock)

    def filter(self, status: OrderStatus | None) -> None:
        """Show the orders with a status, or all."""
        self.status = status
        self.orders.begin_anew()

    def order(self, order_id: str) -> Order | None:
        """An order that was read."""
        return next((order for order in self.orders.items if order.order_id == order_id), None)

    async def _load_page(self, cursor: str) -> Loaded[Order]:
        page = await self._marketplace.connection.ask(
            self._marketplace.client.orders.list(status=self.status, cursor=cursor, limit=PAGE)
        )
        return Loaded(tuple(page.items), page.next_cursor)
