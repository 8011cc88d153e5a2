"""The seller's own products: search, create, edit, delete, intake and prices of those that are marked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, cast

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Input

from marketplace_tui.actions.state import Fact
from marketplace_tui.model.marketplace import Marketplace
from marketplace_tui.model.resource import Resource
from marketplace_tui.model.seller_products import SellerProducts
from marketplace_tui.screens.seller import product_forms
from marketplace_tui.screens.seller import products_text as text
from marketplace_tui.screens.seller.following import SellerScreen
from marketplace_tui.text.lines import Line
from marketplace_tui.text.values import ago, moment
from marketplace_tui.widgets.entry import LONGEST_SEARCH, Entry
from marketplace_tui.widgets.lines import Lines
from marketplace_tui.widgets.rows import Row, Rows
from services_stub.contracts.events.product import ProductCreated, ProductDeleted, ProductUpdated
from services_stub.contracts.http.product import Product


class ProductsScreen(SellerScreen):
    """The section of own products."""

    PLACE = "products"
    AUTO_FOCUS = "#own-products"
    FOLLOWS = (ProductCreated, ProductUpdated, ProductDeleted)

    def __init__(self, marketplace: Marketplace) -> None:
        super().__init__()
        self.model = SellerProducts(marketplace)
        self._sought = ""

    def compose_body(self) -> ComposeResult:
        """Search, the table, the selected product."""
        with Horizontal(id="search-line"):
            yield Entry(longest=LONGEST_SEARCH, placeholder="search your products", select_on_focus=False, id="search")
            yield Lines(self._draw_number, id="facets")
        yield Lines(self._draw_rule, classes="rule")
        with Horizontal(id="storefront"):
            yield Rows(text.COLUMNS, flat=self.client_app.flat, markable=True, id="own-products")
            yield Lines(self._draw_pane, id="pane")
        yield Lines(self._draw_rule, classes="rule below")
        yield Lines(self._draw_below, id="below")

    def begin(self) -> None:
        """Show what is found."""
        self.watch_model(self.model.found, self._show)
        self.watch_model(self.model.settings, self._show)

    def resources(self) -> Sequence[Resource[Any]]:
        """The products that were found, and the threshold."""
        return (self.model.found, self.model.settings)

    def facts(self) -> Iterable[Fact]:
        """Whether a product is selected."""
        if self.selected is not None:
            yield from (Fact.SELECTED, Fact.OWN_PRODUCT)

    @property
    def selected(self) -> Product | None:
        """The product of the cursor."""
        return self.model.product(self._rows.cursor_key)

    @property
    def chosen(self) -> list[Product]:
        """The marked products, or that of the cursor."""
        found = (self.model.product(key) for key in self._rows.chosen)
        return [product for product in found if product is not None]

    def subject(self) -> object | None:
        """The selected product."""
        return self.selected

    def refresh_data(self) -> None:
        """Read the products again."""
        self.model.refresh()

    def seek(self, product_id: str) -> None:
        """Put the cursor on a product, as soon as it is read."""
        self._sought = product_id
        if self.model.words:
            self.query_one("#search", Input).value = ""
            self.model.search("")
        self.read_soon()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Search as it is typed."""
        self.model.search(event.value.strip())

    def leave_field(self) -> bool:
        """Enter goes to what was found."""
        self.set_focus(self._rows)
        return True

    def on_rows_opened(self) -> None:
        """Edit the product."""
        if self.selected is not None:
            self.do_product_edit()

    def on_rows_near_end(self) -> None:
        """Read the next page."""
        self.model.found.more()

    def selection_changed(self) -> None:
        """Show the product that is selected now."""
        self.query_one("#facets", Lines).redraw()
        self.query_one("#pane", Lines).redraw()
        self.query_one("#below", Lines).redraw()

    def do_app_back(self) -> None:
        """Out of the search field first, then take the marks away, then back to all products."""
        if self.focused is self.query_one("#search", Input):
            self.set_focus(self._rows)
        elif self._rows.marked:
            self._rows.marked.clear()
            self._show()
        elif self.model.words:
            self.query_one("#search", Input).value = ""

    def do_product_search(self) -> None:
        """Type into the search field."""
        self.set_focus(self.query_one("#search", Input))

    def do_product_create(self) -> None:
        """Offer a new product."""
        product_forms.create(self, self.seek)

    def do_product_edit(self) -> None:
        """Change the selected product."""
        product_forms.edit(self, cast("Product", self.selected), self.read_soon)

    def do_product_delete(self) -> None:
        """Delete the selected product."""
        product_forms.delete(self, cast("Product", self.selected), self.read_soon)

    def do_product_intake(self) -> None:
        """Add units to the stock of what is marked."""
        product_forms.intake(self, self.chosen, self.read_soon)

    def do_product_prices(self) -> None:
        """Change the prices of what is marked."""
        product_forms.prices(self, self.chosen, self.read_soon)

    @property
    def _rows(self) -> Rows:
        return self.query_one("#own-products", Rows)

    def _show(self) -> None:
        self._rows.empty = text.empty(self.model)
        threshold, found = self.model.threshold, self.model.found
        self._rows.show_rows(
            [
                Row(product.product_id, text.cells(product, threshold), dim=product.quantity <= 0)
                for product in found.items
            ],
            of=found.number,
        )
        self._go_to_sought()
        self.selection_changed()

    def _go_to_sought(self) -> None:
        """Go to the product that is sought, or read on until it is there."""
        found = self.model.found
        if not self._sought or found.loading:
            return
        if self.model.product(self._sought) is not None:
            self._rows.go_to(self._sought)
            self._sought = ""
        elif found.has_more:
            found.more()
        elif found.value is not None:
            self._sought = ""
            self.say("This product is not among yours any more.", "warning")

    def _draw_number(self, width: int, height: int) -> Sequence[Line]:  # noqa: ARG002 - one line
        return [text.number_line(self.model, len(self._rows.marked), width)]

    def _draw_rule(self, width: int, height: int) -> Sequence[Line]:  # noqa: ARG002 - one line
        return self.client_app.rule(width)

    def _draw_pane(self, width: int, height: int) -> Sequence[Line]:
        product = self.selected
        return text.pane(self.model, product, self._created(product), width, height)

    def _created(self, product: Product | None) -> str:
        return f"offered {ago(moment(product.created_at), self.client_app.marketplace.now())}" if product else ""

    def _draw_below(self, width: int, height: int) -> Sequence[Line]:  # noqa: ARG002 - as long as it is
        return text.below(self.selected, width)
