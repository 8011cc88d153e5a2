"""The orders with own items, of all statuses or of one."""

from __future__ import annotations

from marketplace_tui.model.marketplace import Marketplace
from marketplace_tui.model.pages import PAGE, Loaded, Pages
from services_stub.contracts.events.order import OrderStatus
from services_stub.contracts.http.order import Order


class SoldOrders:
    """The orders, newest first. `status` is the only one that is shown; None for all."""

    def __init__(self, marketplace: Marketplace) -> None:
        self.status: OrderStatus | None = None
        self._marketplace = marketplace
        self.found: Pages[Order] = Pages(self._load_page, marketplace.tasks, marketplace.clock)

    def show(self, status: OrderStatus | None) -> None:
        """Show the orders with a status."""
        if status != self.status:
            self.status = status
            self.found.begin_anew()

    def order(self, order_id: str) -> Order | None:
        """An order that was found."""
        return next((order for order in self.found.items if order.order_id == order_id), None)

    async def _load_page(self, cursor: str) -> Loaded[Order]:
        area = self._marketplace.client.seller
        page = await self._marketplace.connection.ask(area.orders(status=self.status, cursor=cursor, limit=PAGE))
        return Loaded(tuple(page.items), page.next_cursor)
