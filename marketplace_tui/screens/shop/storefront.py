"""The storefront: search as you type, facets, the products as a table, and the selected one beside or below it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, cast

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Input

from marketplace_tui.actions.state import Fact
from marketplace_tui.model.marketplace import Marketplace
from marketplace_tui.model.resource import Resource
from marketplace_tui.model.storefront import ORDER_WORDS, ORDERS, Query, StorefrontModel, offer_of
from marketplace_tui.screens.base import ClientScreen
from marketplace_tui.screens.everywhere.dialogs import Choose
from marketplace_tui.screens.shop import filters
from marketplace_tui.screens.shop import storefront_text as text
from marketplace_tui.text.lines import Line
from marketplace_tui.widgets.entry import LONGEST_SEARCH, Entry
from marketplace_tui.widgets.grid import Grid
from marketplace_tui.widgets.lines import Lines
from marketplace_tui.widgets.rows import Row, Rows
from services_stub.contracts.events import Event
from services_stub.contracts.events.product import ProductCreated, ProductDeleted, ProductUpdated
from services_stub.contracts.http.search import FoundProduct


class StorefrontScreen(ClientScreen):
    """The first screen of guests and shoppers."""

    PLACE = "storefront"
    AUTO_FOCUS = "#products"

    def __init__(self, marketplace: Marketplace) -> None:
        super().__init__()
        self.model = StorefrontModel(marketplace)
        self.sellers = marketplace.sellers

    def compose_body(self) -> ComposeResult:
        """Search and facets, the table, the selected product."""
        with Horizontal(id="search-line"):
            yield Entry(longest=LONGEST_SEARCH, placeholder="search", select_on_focus=False, id="search")
            yield Lines(self._draw_facets, id="facets")
        yield Lines(self._draw_rule, classes="rule")
        with Horizontal(id="storefront"):
            yield Rows(text.COLUMNS, flat=self.client_app.flat, id="products")
            yield Grid(text.COLUMNS, text.CARD, id="grid")
            yield Lines(self._draw_pane, id="pane")
        yield Lines(self._draw_rule, classes="rule below")
        yield Lines(self._draw_below, id="below")

    def begin(self) -> None:
        """Show what is found, and what lies in the cart."""
        self.query_one("#grid", Grid).display = False
        self.watch_model(self.model.found, self._show)
        self.watch_model(self.client_app.marketplace.cart, self._show)
        self.watch_model(self.sellers, self._show)

    def resources(self) -> Sequence[Resource[Any]]:
        """The products that were found."""
        return (self.model.found,)

    def facts(self) -> Iterable[Fact]:
        """Of the selected product."""
        product = self.selected
        if product is None:
            return
        yield Fact.SELECTED
        if product.quantity > 0:
            yield Fact.FOR_SALE
        if self.client_app.marketplace.cart.quantity_of(product.product_id):
            yield Fact.IN_CART

    @property
    def selected(self) -> FoundProduct | None:
        """The product of the cursor."""
        return self.model.product(self._rows.cursor_key)

    def subject(self) -> object | None:
        """The selected product."""
        return self.selected

    def refresh_data(self) -> None:
        """Search again."""
        self.model.found.refresh()

    def on_events(self, events: Sequence[Event], missed: bool) -> None:
        """Products changed: search again."""
        if missed or any(isinstance(event, ProductCreated | ProductUpdated | ProductDeleted) for event in events):
            self.model.found.refresh()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Search as it is typed."""
        self.model.search(replace(self.model.query, text=event.value.strip()))

    def leave_field(self) -> bool:
        """Enter goes to what was found."""
        self.set_focus(self._rows)
        return True

    def on_rows_opened(self, event: Rows.Opened) -> None:
        """Show the product."""
        product = self.model.product(event.key)
        if product is not None:
            self.client_app.open_product(product.product_id)

    def on_rows_near_end(self) -> None:
        """Read the next page."""
        self.model.found.more()

    def selection_changed(self) -> None:
        """Show the product that is selected now."""
        self.query_one("#pane", Lines).redraw()
        self.query_one("#below", Lines).redraw()

    def do_app_back(self) -> None:
        """Out of the search field first, then back to all products."""
        if self.focused is self.query_one("#search", Input):
            self.set_focus(self._rows)
        elif self.model.query.is_filtered:
            self.query_one("#search", Input).value = ""
            self.model.search(Query(order=self.model.query.order))

    def do_shop_search(self) -> None:
        """Type into the search field."""
        self.set_focus(self.query_one("#search", Input))

    def do_shop_filter(self) -> None:
        """Choose category, price band, seller or stock among what the search finds."""
        page, name_of = self.model.first_page, self.sellers.name_of
        if page is None:
            return

        def choose(key: str | None) -> None:
            if key is not None:
                query = filters.chosen(self.model.query, key)
                if not query.text:
                    self.query_one("#search", Input).value = ""
                self.model.search(query)

        self.app.push_screen(Choose("Filter", filters.choices(self.model.query, page.facets, name_of)), choose)

    def do_shop_sort(self) -> None:
        """The next order."""
        order = ORDERS[(ORDERS.index(self.model.query.order) + 1) % len(ORDERS)]
        self.model.search(replace(self.model.query, order=order))
        self.say(f"Sorted by {ORDER_WORDS[order]}")

    def do_shop_show(self) -> None:
        """Open the selected product."""
        self._rows.action_open()

    def do_cart_add(self) -> None:
        """One more of it."""
        product = cast("FoundProduct", self.selected)
        self.client_app.marketplace.cart.add(offer_of(product))

    do_cart_more = do_cart_add

    def do_cart_less(self) -> None:
        """One less of it."""
        product = cast("FoundProduct", self.selected)
        self.client_app.marketplace.cart.add(offer_of(product), -1)

    def do_shop_grid(self) -> None:
        """Two columns of cards, or the table; those who hear the screen keep the table."""
        if self.client_app.flat:
            self.say("The flat mode has one list")
            return
        selected, before = self._rows.cursor_key, self._rows
        grid, table = self.query_one("#grid", Grid), self.query_one("#products", Rows)
        grid.display, table.display = before is table, before is grid
        self._show()
        self._rows.go_to(selected)
        self.set_focus(self._rows)

    def do_grid_left(self) -> None:
        """The product to the left."""
        self._move_in_grid(-1)

    def do_grid_right(self) -> None:
        """The product to the right."""
        self._move_in_grid(1)

    def _move_in_grid(self, by: int) -> None:
        grid = self.query_one("#grid", Grid)
        if grid.display:
            grid.move(by)

    @property
    def _rows(self) -> Rows:
        grid = self.query_one("#grid", Grid)
        return grid if grid.display else self.query_one("#products", Rows)

    def _show(self) -> None:
        cart = self.client_app.marketplace.cart
        self._rows.empty = text.empty(self.model)
        rows = [
            Row(
                product.product_id,
                text.cells(product, cart.quantity_of(product.product_id), self.sellers.name_of),
                dim=product.quantity <= 0,
            )
            for product in self.model.found.items
        ]
        self._rows.show_rows(rows, of=self.model.found.number)
        self.query_one("#facets", Lines).redraw()
        self.selection_changed()

    def _draw_facets(self, width: int, height: int) -> Sequence[Line]:  # noqa: ARG002 - one line
        return [text.facets(self.model, filters.in_force(self.model.query, self.sellers.name_of), width)]

    def _draw_rule(self, width: int, height: int) -> Sequence[Line]:  # noqa: ARG002 - one line
        return self.client_app.rule(width)

    def _draw_pane(self, width: int, height: int) -> Sequence[Line]:
        return text.pane(self.selected, self.sellers.name_of, width, height)

    def _draw_below(self, width: int, height: int) -> Sequence[Line]:  # noqa: ARG002 - two lines
        return text.below(self.model, self.selected, width)
