"""The cart: its lines, what changed since they were put in, and the way to the checkout."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from textual.app import ComposeResult

from marketplace_tui.actions.state import Fact
from marketplace_tui.model.marketplace import Marketplace
from marketplace_tui.model.resource import Resource
from marketplace_tui.screens.base import ClientScreen
from marketplace_tui.screens.everywhere.signing_in import ask_to_sign_in
from marketplace_tui.screens.shop import cart_text as text
from marketplace_tui.text.lines import Line
from marketplace_tui.text.states import missing
from marketplace_tui.widgets.lines import Lines
from marketplace_tui.widgets.rows import Row, Rows
from services_stub.contracts.http.cart import CartLine


class CartScreen(ClientScreen):
    """The cart of a guest or shopper."""

    PLACE = "cart"
    AUTO_FOCUS = "#lines"

    def __init__(self, marketplace: Marketplace) -> None:
        super().__init__()
        self.cart = marketplace.cart
        self.sellers = marketplace.sellers

    def compose_body(self) -> ComposeResult:
        """The lines, and their sum."""
        yield Rows(text.COLUMNS, flat=self.client_app.flat, id="lines")
        yield Lines(self._draw_rule, classes="rule")
        yield Lines(self._draw_below, id="below-cart", classes="pad")

    def begin(self) -> None:
        """Show the cart, and each change of it."""
        self.watch_model(self.cart, self._show)
        self.watch_model(self.sellers, self._show)

    def resources(self) -> Sequence[Resource[Any]]:
        """The cart."""
        return (self.cart.kept,)

    def facts(self) -> Iterable[Fact]:
        """Of the selected line and of the cart."""
        if self.selected is not None:
            yield from (Fact.SELECTED, Fact.IN_CART)
        if self.cart.shown.lines:
            yield Fact.CART_FILLED

    @property
    def selected(self) -> CartLine | None:
        """The line of the cursor."""
        key = self._rows.cursor_key
        return next((line for line in self.cart.shown.lines if line.product_id == key), None)

    def subject(self) -> object | None:
        """The selected line."""
        return self.selected

    def refresh_data(self) -> None:
        """Read the cart again."""
        self.cart.kept.refresh()

    def on_rows_opened(self, event: Rows.Opened) -> None:
        """Show the product of the line."""
        self.client_app.open_product(event.key)

    def selection_changed(self) -> None:
        """Say more of the selected line."""
        self.query_one("#below-cart", Lines).redraw()

    def do_cart_more(self) -> None:
        """One unit more."""
        self._change(1)

    def do_cart_less(self) -> None:
        """One unit less; the last one takes the line out, in a way that can be taken back."""
        self._change(-1)

    def do_cart_remove(self) -> None:
        """Take the line out."""
        if self.selected is not None:
            self.cart.remove(self.selected.product_id)
            self.say("Taken out. u takes it back")

    def do_cart_clear(self) -> None:
        """Take all lines out."""
        self.cart.clear()
        self.say("Your cart is empty. u takes it back")

    def do_cart_buy(self) -> None:
        """Go to the checkout; a guest signs in first."""
        if self.client_app.marketplace.connection.role == "guest":
            ask_to_sign_in(self, self._check_out)
        else:
            self._check_out()

    def _check_out(self) -> None:
        if self.client_app.marketplace.connection.role == "user":
            from marketplace_tui.screens.shop.checkout import CheckoutScreen

            self.app.push_screen(CheckoutScreen(self.client_app.marketplace))

    def _change(self, units: int) -> None:
        line = self.selected
        if line is None:
            return
        if line.quantity + units <= 0:
            self.do_cart_remove()
        else:
            self.cart.change(line.product_id, line.quantity + units)

    @property
    def _rows(self) -> Rows:
        return self.query_one("#lines", Rows)

    def _show(self) -> None:
        self._rows.empty = missing("your cart", self.cart.kept.error, self.cart.kept.value is not None, text.EMPTY)
        self._rows.show_rows(
            [
                Row(line.product_id, text.cells(line, self.sellers.name_of), dim=not line.available)
                for line in self.cart.shown.lines
            ]
        )
        self.selection_changed()

    def _draw_rule(self, width: int, height: int) -> Sequence[Line]:  # noqa: ARG002 - one line
        return self.client_app.rule(width)

    def _draw_below(self, width: int, height: int) -> Sequence[Line]:  # noqa: ARG002 - two lines
        return text.below(self.cart.shown, self.selected, self.sellers.name_of, width)
