"""The seller's first screen: sales in numbers, the orders to ship, and the products that run out first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, cast

from textual.app import ComposeResult
from textual.containers import Container, Vertical

from marketplace_tui.actions.state import Fact
from marketplace_tui.model.marketplace import Marketplace
from marketplace_tui.model.order_changes import order_facts
from marketplace_tui.model.resource import Resource
from marketplace_tui.model.sales import SalesModel, order_of
from marketplace_tui.screens.everywhere.order_actions import change_order
from marketplace_tui.screens.seller import product_forms
from marketplace_tui.screens.seller import sales_text as text
from marketplace_tui.screens.seller.following import SellerScreen
from marketplace_tui.text.lines import Line
from marketplace_tui.widgets.lines import Lines
from marketplace_tui.widgets.rows import Row, Rows
from services_stub.contracts.events.order import OrderUpdated
from services_stub.contracts.events.payment import PaymentFailed, PaymentRefunded, PaymentSuccess
from services_stub.contracts.events.product import ProductCreated, ProductDeleted, ProductUpdated
from services_stub.contracts.http.order import Order
from services_stub.contracts.http.product import Product
from services_stub.contracts.http.seller import Sale


class SalesScreen(SellerScreen):
    """The numbers above, two lists below: beside each other where there is room."""

    PLACE = "sales"
    AUTO_FOCUS = "#to-ship"
    FOLLOWS = (
        OrderUpdated,
        PaymentSuccess,
        PaymentFailed,
        PaymentRefunded,
        ProductCreated,
        ProductUpdated,
        ProductDeleted,
    )

    def __init__(self, marketplace: Marketplace) -> None:
        super().__init__()
        self.model = SalesModel(marketplace)

    def compose_body(self) -> ComposeResult:
        """Numbers, orders, products."""
        flat = self.client_app.flat
        yield Lines(self._draw_head, id="sales-head")
        with Container(id="sales"):
            with Vertical(id="to-ship-side"):
                yield Lines(self._draw_to_ship, classes="heading")
                yield Rows(text.TO_SHIP, flat=flat, id="to-ship")
            with Vertical():
                yield Lines(self._draw_stock, classes="heading")
                yield Rows(text.STOCK, flat=flat, id="stock")

    def begin(self) -> None:
        """Show what was sold and what is in stock."""
        self.watch_model(self.model.sales, self._show_sales)
        self.watch_model(self.model.stock, self._show_stock)

    def resources(self) -> Sequence[Resource[Any]]:
        """Sales and stock."""
        return (self.model.sales, self.model.stock)

    def facts(self) -> Iterable[Fact]:
        """Of the selection in the list that has the focus."""
        if self._stock.has_focus:
            if self.selected_product is not None:
                yield from (Fact.SELECTED, Fact.OWN_PRODUCT)
            return
        order = self._order
        if order is not None:
            yield Fact.SELECTED
            yield from order_facts(order)

    @property
    def selected_sale(self) -> Sale | None:
        """The sale of the cursor."""
        return self.model.sale(self._to_ship.cursor_key)

    @property
    def selected_product(self) -> Product | None:
        """The product of the cursor."""
        return self.model.product(self._stock.cursor_key)

    def subject(self) -> object | None:
        """The selection in the list that has the focus."""
        return self.selected_product if self._stock.has_focus else self.selected_sale

    def refresh_data(self) -> None:
        """Read sales and stock again."""
        self.model.refresh()

    def on_rows_opened(self, event: Rows.Opened) -> None:
        """Show the order, or go to the product."""
        if self.model.product(event.key) is not None:
            self.client_app.open_product(event.key)
        else:
            self.client_app.open_order(event.key)

    def on_descendant_focus(self) -> None:
        """Another list has the focus: other actions apply."""
        self._redraw_headings()
        self.keys_changed()

    def do_sales_period(self) -> None:
        """By day, or by hour."""
        self.model.show_by("hour" if self.model.interval == "day" else "day")

    def do_product_create(self) -> None:
        """Offer a new product."""
        product_forms.create(self, lambda _product_id: self.read_soon())

    def do_product_edit(self) -> None:
        """Change the selected product."""
        product_forms.edit(self, cast("Product", self.selected_product), self.read_soon)

    def do_product_intake(self) -> None:
        """Add units to the stock of the selected product."""
        product_forms.intake(self, [cast("Product", self.selected_product)], self.read_soon)

    def do_product_prices(self) -> None:
        """Change the price of the selected product."""
        product_forms.prices(self, [cast("Product", self.selected_product)], self.read_soon)

    def change_order(self, action_id: str) -> None:
        """Change the selected order."""
        change_order(self, action_id, cast("Order", self._order), lambda _changed: self.read_soon())

    @property
    def _to_ship(self) -> Rows:
        return self.query_one("#to-ship", Rows)

    @property
    def _stock(self) -> Rows:
        return self.query_one("#stock", Rows)

    @property
    def _order(self) -> Order | None:
        sale, snapshot = self.selected_sale, self.model.sales.value
        return order_of(sale, snapshot.board.currency) if sale is not None and snapshot is not None else None

    def _show_sales(self) -> None:
        now, snapshot = self.client_app.marketplace.now(), self.model.sales.value
        self._to_ship.empty = text.no_sales(self.model)
        waiting = snapshot.waiting if snapshot else ()
        self._to_ship.show_rows([Row(sale.order_id, text.sale_cells(sale, now)) for sale in waiting])
        self._redraw()

    def _show_stock(self) -> None:
        stock = self.model.stock.value
        self._stock.empty = text.no_products(self.model)
        products = stock.products if stock else ()
        threshold = stock.threshold if stock else 0
        self._stock.show_rows(
            [
                Row(product.product_id, text.product_cells(product, threshold), dim=product.quantity <= 0)
                for product in products
            ]
        )
        self._redraw()

    def _redraw(self) -> None:
        self.query_one("#sales-head", Lines).redraw()
        self._redraw_headings()
        self.keys_changed()

    def _redraw_headings(self) -> None:
        for lines in self.query(".heading").results(Lines):
            lines.refresh()

    def _draw_head(self, width: int, height: int) -> Sequence[Line]:  # noqa: ARG002 - as long as it is
        return text.head(self.model, self.client_app.marketplace.now(), width, flat=self.client_app.flat)

    def _draw_to_ship(self, width: int, height: int) -> Sequence[Line]:  # noqa: ARG002 - one line
        words = text.waiting_words(self.model.sales.value)
        return [text.heading(words, width, focused=self._to_ship.has_focus, flat=self.client_app.flat)]

    def _draw_stock(self, width: int, height: int) -> Sequence[Line]:  # noqa: ARG002 - one line
        words = "Products, the last units first"
        return [text.heading(words, width, focused=self._stock.has_focus, flat=self.client_app.flat)]
