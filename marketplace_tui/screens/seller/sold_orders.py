"""The orders with own items: by status, shipped, delivered, refunded."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, cast

from textual.app import ComposeResult
from textual.containers import Horizontal

from marketplace_tui.actions.state import Fact
from marketplace_tui.model.marketplace import Marketplace
from marketplace_tui.model.order_changes import order_facts
from marketplace_tui.model.resource import Resource
from marketplace_tui.model.sold_orders import SoldOrders
from marketplace_tui.screens.everywhere.dialogs import Choose
from marketplace_tui.screens.everywhere.order_actions import change_order
from marketplace_tui.screens.seller import sold_orders_text as text
from marketplace_tui.screens.seller.following import SellerScreen
from marketplace_tui.text.lines import Line
from marketplace_tui.text.values import moment
from marketplace_tui.widgets.lines import Lines
from marketplace_tui.widgets.rows import Row, Rows
from services_stub.contracts.events.order import OrderStatus, OrderUpdated
from services_stub.contracts.events.payment import PaymentFailed, PaymentRefunded, PaymentSuccess
from services_stub.contracts.http.order import Order


class SoldOrdersScreen(SellerScreen):
    """The section of orders."""

    PLACE = "sold-orders"
    AUTO_FOCUS = "#sold-orders"
    FOLLOWS = (OrderUpdated, PaymentSuccess, PaymentFailed, PaymentRefunded)

    def __init__(self, marketplace: Marketplace) -> None:
        super().__init__()
        self.model = SoldOrders(marketplace)

    def compose_body(self) -> ComposeResult:
        """The status, the table, the selected order."""
        yield Lines(self._draw_filter, id="filter", classes="pad")
        yield Lines(self._draw_rule, classes="rule")
        with Horizontal(id="storefront"):
            yield Rows(text.COLUMNS, flat=self.client_app.flat, id="sold-orders")
            yield Lines(self._draw_pane, id="pane")
        yield Lines(self._draw_rule, classes="rule below")
        yield Lines(self._draw_below, id="below")

    def begin(self) -> None:
        """Show what is found."""
        self.watch_model(self.model.found, self._show)

    def resources(self) -> Sequence[Resource[Any]]:
        """The orders that were found."""
        return (self.model.found,)

    def facts(self) -> Iterable[Fact]:
        """Of the own part of the selected order."""
        order = self.selected
        if order is not None:
            yield Fact.SELECTED
            yield from order_facts(order)

    @property
    def selected(self) -> Order | None:
        """The order of the cursor."""
        return self.model.order(self._rows.cursor_key)

    def subject(self) -> object | None:
        """The selected order."""
        return self.selected

    def refresh_data(self) -> None:
        """Read the orders again."""
        self.model.found.refresh()

    def on_rows_opened(self, event: Rows.Opened) -> None:
        """Show the order."""
        self.client_app.open_order(event.key)

    def on_rows_near_end(self) -> None:
        """Read the next page."""
        self.model.found.more()

    def selection_changed(self) -> None:
        """Show the order that is selected now."""
        self.query_one("#filter", Lines).redraw()
        self.query_one("#pane", Lines).redraw()
        self.query_one("#below", Lines).redraw()

    def do_app_back(self) -> None:
        """Back to all orders."""
        self.model.show(None)

    def do_sold_filter(self) -> None:
        """Choose the status that is shown."""

        def chosen(key: str | None) -> None:
            if key is not None:
                self.model.show(None if key == text.ALL else OrderStatus(key))

        self.app.push_screen(Choose("Show which orders?", text.choices()), chosen)

    def do_order_trace(self) -> None:
        """Follow it through every topic and service."""
        order = cast("Order", self.selected)
        self.client_app.open_trace(order.order_id, moment(order.created_at))

    def change_order(self, action_id: str) -> None:
        """Change the selected order."""
        order = cast("Order", self.selected)
        change_order(self, action_id, order, lambda _changed: self.read_soon(), among=self.model.found)

    @property
    def _rows(self) -> Rows:
        return self.query_one("#sold-orders", Rows)

    def _show(self) -> None:
        now, found = self.client_app.marketplace.now(), self.model.found
        self._rows.empty = text.empty(self.model)
        self._rows.show_rows([Row(order.order_id, text.cells(order, now)) for order in found.items], of=found.number)
        self.selection_changed()

    def _draw_filter(self, width: int, height: int) -> Sequence[Line]:  # noqa: ARG002 - one line
        return [text.filter_line(self.model, width)]

    def _draw_rule(self, width: int, height: int) -> Sequence[Line]:  # noqa: ARG002 - one line
        return self.client_app.rule(width)

    def _draw_pane(self, width: int, height: int) -> Sequence[Line]:
        return text.pane(self.selected, width, height)

    def _draw_below(self, width: int, height: int) -> Sequence[Line]:  # noqa: ARG002 - as long as it is
        return text.below(self.selected, width)
