"""The orders of a shopper, with their status as it is now."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from textual.app import ComposeResult

from marketplace_tui.actions.state import Fact
from marketplace_tui.model.marketplace import Marketplace
from marketplace_tui.model.order import ABOUT_ORDERS
from marketplace_tui.model.order_changes import order_facts
from marketplace_tui.model.orders import OrdersModel
from marketplace_tui.model.resource import Resource
from marketplace_tui.screens.base import ClientScreen
from marketplace_tui.screens.everywhere.dialogs import Choice, Choose
from marketplace_tui.screens.everywhere.order_actions import buy_again, change_order
from marketplace_tui.screens.shop import orders_text as text
from marketplace_tui.text.lines import Line
from marketplace_tui.text.signs import of_status
from marketplace_tui.text.states import missing
from marketplace_tui.text.values import moment
from marketplace_tui.widgets.lines import Lines
from marketplace_tui.widgets.rows import Row, Rows
from services_stub.contracts.events import Event
from services_stub.contracts.events.order import OrderStatus
from services_stub.contracts.http.order import Order

_ALL = "all"


class OrdersScreen(ClientScreen):
    """The own orders, newest first."""

    PLACE = "orders"
    AUTO_FOCUS = "#orders"

    def __init__(self, marketplace: Marketplace) -> None:
        super().__init__()
        self.model = OrdersModel(marketplace)

    def compose_body(self) -> ComposeResult:
        """The list, and the selected order in words."""
        yield Rows(text.COLUMNS, flat=self.client_app.flat, id="orders")
        yield Lines(self._draw_rule, classes="rule")
        yield Lines(self._draw_below, id="below-orders", classes="pad")

    def begin(self) -> None:
        """Show the orders, and each change of them."""
        self.watch_model(self.model.orders, self._show)

    def resources(self) -> Sequence[Resource[Any]]:
        """The orders."""
        return (self.model.orders,)

    def facts(self) -> Iterable[Fact]:
        """Of the selected order."""
        if self.selected is not None:
            yield Fact.SELECTED
            yield from order_facts(self.selected)

    @property
    def selected(self) -> Order | None:
        """The order of the cursor."""
        return self.model.order(self.query_one("#orders", Rows).cursor_key)

    def subject(self) -> object | None:
        """The selected order."""
        return self.selected

    def trail(self) -> str:
        """The status that is shown, where it is not all of them."""
        return f"Orders {self.model.status}" if self.model.status else ""

    def refresh_data(self) -> None:
        """Read the orders again."""
        self.model.orders.refresh()

    def on_events(self, events: Sequence[Event], missed: bool) -> None:
        """Orders changed: read them again."""
        if missed or any(isinstance(event, ABOUT_ORDERS) for event in events):
            self.refresh_data()

    def on_rows_opened(self, event: Rows.Opened) -> None:
        """Show the order."""
        self.client_app.open_order(event.key)

    def on_rows_near_end(self) -> None:
        """Read the next page."""
        self.model.orders.more()

    def selection_changed(self) -> None:
        """Say more of the selected order."""
        self.query_one("#below-orders", Lines).redraw()

    def do_app_back(self) -> None:
        """Back to all orders, or to where one came from."""
        if self.model.status is not None:
            self._filter(None)
        else:
            self.client_app.method_of(self.client_app.keymap.by_id["app.back"])()

    def do_orders_filter(self) -> None:
        """Choose the status to show."""
        choices = [Choice(_ALL, "All orders"), *(Choice(status, of_status(status)) for status in OrderStatus)]

        def chosen(key: str | None) -> None:
            if key is not None:
                self._filter(None if key == _ALL else OrderStatus(key))

        self.app.push_screen(Choose("Show the orders with a status", choices), chosen)

    def change_order(self, action_id: str) -> None:
        """Change the selected order."""
        if self.selected is not None:
            then, among = lambda _changed: self.refresh_data(), self.model.orders
            change_order(self, action_id, self.selected, then, among=among)

    def do_order_again(self) -> None:
        """Put the products of the selected order into the cart."""
        if self.selected is not None:
            buy_again(self, self.selected)

    def do_order_trace(self) -> None:
        """Follow the order through every topic and service."""
        if self.selected is not None:
            self.client_app.open_trace(self.selected.order_id, moment(self.selected.created_at))

    def _filter(self, status: OrderStatus | None) -> None:
        self.model.filter(status)
        self.keys_changed()

    def _show(self) -> None:
        orders, rows = self.model.orders, self.query_one("#orders", Rows)
        empty = text.NONE_OF_STATUS if self.model.status else text.EMPTY
        rows.empty = missing("your orders", orders.error, orders.value is not None, empty)
        now = self.client_app.marketplace.now()
        rows.show_rows([Row(order.order_id, text.cells(order, now)) for order in orders.items], of=orders.number)
        self.selection_changed()

    def _draw_rule(self, width: int, height: int) -> Sequence[Line]:  # noqa: ARG002 - one line
        return self.client_app.rule(width)

    def _draw_below(self, width: int, height: int) -> Sequence[Line]:  # noqa: ARG002 - one line
        return [text.below(self.selected)]
