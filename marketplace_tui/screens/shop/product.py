"""One product: its text, stock and seller, and others of its category."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from textual.app import ComposeResult
from textual.containers import VerticalScroll

from marketplace_tui.actions.state import Fact
from marketplace_tui.model.marketplace import Marketplace
from marketplace_tui.model.product import ProductModel
from marketplace_tui.model.resource import Resource
from marketplace_tui.screens.base import ClientScreen
from marketplace_tui.screens.shop import product_text as text
from marketplace_tui.text.lines import Line, Span
from marketplace_tui.text.states import missing
from marketplace_tui.widgets.lines import Lines
from marketplace_tui.widgets.rows import Row, Rows
from services_stub.contracts.events.product import ProductStatus


class ProductScreen(ClientScreen):
    """A product, with the list of related ones below."""

    PLACE = "product"
    AUTO_FOCUS = "#related"

    def __init__(self, marketplace: Marketplace, product_id: str) -> None:
        super().__init__()
        self.cart, self.sellers = marketplace.cart, marketplace.sellers
        self.model = ProductModel(marketplace, product_id)

    def compose_body(self) -> ComposeResult:
        """Head, text, related products."""
        yield Lines(self._draw_head, id="product-head", classes="pad")
        with VerticalScroll(id="product-text", can_focus=False):
            yield Lines(self._draw_text, id="product-description", classes="pad")
        yield Lines(self._draw_rule, classes="rule")
        yield Rows(text.COLUMNS, flat=self.client_app.flat, id="related")

    def begin(self) -> None:
        """Show the product as soon as it is there."""
        for model in (self.model.product, self.model.related, self.cart, self.sellers):
            self.watch_model(model, self._show)

    def resources(self) -> Sequence[Resource[Any]]:
        """The product and the related ones."""
        return (self.model.product, self.model.related)

    def facts(self) -> Iterable[Fact]:
        """Of the product of the page."""
        product = self.model.product.value
        if product is None:
            return
        yield Fact.SELECTED
        if product.quantity > 0 and product.status is ProductStatus.ACTIVE:
            yield Fact.FOR_SALE
        if self.cart.quantity_of(product.product_id):
            yield Fact.IN_CART

    def subject(self) -> object | None:
        """The product."""
        return self.model.product.value

    def trail(self) -> str:
        """The product's name."""
        return self.model.product.value.name if self.model.product.value else ""

    def refresh_data(self) -> None:
        """Read the product again."""
        self.model.refresh()

    def on_rows_opened(self, event: Rows.Opened) -> None:
        """Show the related product."""
        self.client_app.open_product(event.key)

    def do_cart_add(self) -> None:
        """One more of it."""
        self._add(1)

    do_cart_more = do_cart_add

    def do_cart_less(self) -> None:
        """One less of it."""
        self._add(-1)

    def _add(self, units: int) -> None:
        offer = self.model.offer()
        if offer is not None:
            self.cart.add(offer, units)

    def _show(self) -> None:
        rows = self.query_one("#related", Rows)
        rows.empty = missing(
            "what is related",
            self.model.related.error,
            self.model.related.value is not None or self.model.product.value is None,
            [(Span("Nothing else is in this category.", "dim"),)] if self.model.product.value else [()],
        )
        rows.show_rows(
            [
                Row(
                    one.product_id,
                    text.related_cells(one, self.cart.quantity_of(one.product_id), self.sellers.name_of),
                    dim=one.quantity <= 0,
                )
                for one in self.model.related.value or ()
            ]
        )
        self.query_one("#product-head", Lines).redraw()
        self.query_one("#product-description", Lines).redraw()
        self.keys_changed()

    def _draw_head(self, width: int, height: int) -> Sequence[Line]:  # noqa: ARG002 - as long as it is
        product = self.model.product
        if product.value is None:
            return missing("this product", product.error, loaded=False, empty=())
        return text.head(product.value, self.cart.quantity_of(self.model.product_id), self.sellers.name_of, width)

    def _draw_text(self, width: int, height: int) -> Sequence[Line]:  # noqa: ARG002 - as long as it is
        product = self.model.product.value
        return text.description(product, width) if product else []

    def _draw_rule(self, width: int, height: int) -> Sequence[Line]:  # noqa: ARG002 - one line
        return self.client_app.rule(width)
