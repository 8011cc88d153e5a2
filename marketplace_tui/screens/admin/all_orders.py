"""The orders of all shoppers: filtered, opened, and moved on for their sellers."""

from __future__ import annotations

from collections.abc import Iterable

from marketplace_tui.actions.state import Fact
from marketplace_tui.model.admin.listing import Listing, orders_of
from marketplace_tui.model.marketplace import Marketplace
from marketplace_tui.model.order_changes import order_facts
from marketplace_tui.screens.admin import orders_text as text
from marketplace_tui.screens.admin.list_screen import ListScreen
from marketplace_tui.screens.everywhere.order_actions import change_order
from marketplace_tui.text.lines import Line
from marketplace_tui.text.signs import of_status
from marketplace_tui.text.values import moment
from services_stub.contracts.events import OrderUpdated
from services_stub.contracts.events.order import OrderStatus
from services_stub.contracts.http.order import Order


class AllOrdersScreen(ListScreen[Order]):
    """All orders, newest first."""

    PLACE = "all-orders"
    NOUN = "orders"
    COLUMNS = text.COLUMNS
    FILTERS = {status: of_status(status) for status in OrderStatus}
    CONCERNS = (OrderUpdated,)

    def make_listing(self, marketplace: Marketplace) -> Listing[Order]:
        """All orders."""
        return orders_of(marketplace)

    def cells(self, item: Order) -> tuple[Line, ...]:
        """An order as a row."""
        return text.cells(item, self.client_app.marketplace.now())

    def details(self, item: Order, width: int) -> list[Line]:
        """An order in full."""
        return text.details(item, self.client_app.marketplace.sellers.name_of, width)

    def item_facts(self, item: Order) -> Iterable[Fact]:
        """The steps that can be taken."""
        return order_facts(item)

    def open_item(self, item: Order) -> None:
        """Show the order's own page."""
        self.client_app.open_order(item.order_id)

    def do_all_orders_filter(self) -> None:
        """Choose a status."""
        self.choose_filter()

    def do_order_trace(self) -> None:
        """Follow it through every topic and service."""
        self.client_app.open_trace(self.selected_item.order_id, moment(self.selected_item.created_at))

    def change_order(self, action_id: str) -> None:
        """Change the selected order."""
        then, among = lambda _changed: self.refresh_data(), self.listing.pages
        change_order(self, action_id, self.selected_item, then, among=among)
