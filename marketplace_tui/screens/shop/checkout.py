"""The checkout: card, summary, order, payment, on one screen, with every error beside its step."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from textual.app import ComposeResult

from marketplace_tui.actions.state import Fact
from marketplace_tui.model.marketplace import Marketplace
from marketplace_tui.model.resource import Resource
from marketplace_tui.screens.base import ClientScreen
from marketplace_tui.screens.everywhere.dialogs import Choice, Choose
from marketplace_tui.screens.shop import checkout_text as text
from marketplace_tui.screens.shop.order import OrderScreen
from marketplace_tui.text.lines import Line
from marketplace_tui.widgets.lines import Lines
from marketplace_tui.widgets.rows import Row, Rows
from services_stub.contracts.events.order import OrderStatus
from services_stub.contracts.http.order import Order

_OTHER_LINES = 12
"""The lines of the screen that are not the summary."""


class CheckoutScreen(ClientScreen):
    """From the cart to a paid order."""

    PLACE = "checkout"
    AUTO_FOCUS = "#steps"

    def __init__(self, marketplace: Marketplace) -> None:
        super().__init__()
        self.model, self.cart, self.sellers = marketplace.checkout, marketplace.cart, marketplace.sellers
        self._pointed: tuple[str, Order | None] | None = None

    def compose_body(self) -> ComposeResult:
        """The summary above, the steps below."""
        yield Lines(self._draw_summary, id="summary", classes="pad")
        yield Lines(self._draw_rule, classes="rule")
        yield Rows(text.COLUMNS, flat=self.client_app.flat, id="steps")
        yield Lines(self._draw_explanation, id="checkout-explanation", classes="pad")

    def begin(self) -> None:
        """Begin, with the cursor on the first step that is left."""
        self.model.start()
        for model in (self.model, self.cart, self.sellers):
            self.watch_model(model, self._show)

    def on_screen_resume(self) -> None:
        """The order may be paid by now."""
        if self.is_there:
            self._show()

    def resources(self) -> Sequence[Resource[Any]]:
        """The cart and the cards."""
        return (self.cart.kept, self.model.methods)

    def facts(self) -> Iterable[Fact]:
        """Of the cart and the card."""
        if self.cart.shown.lines or self.model.attempt is not None:
            yield Fact.CART_FILLED
        if self.model.card or self.model.attempt is not None:
            yield Fact.CARD_CHOSEN
        yield Fact.SELECTED

    def subject(self) -> object | None:
        """The cart, or the order that it became."""
        return self.model.order or self.cart.shown

    def refresh_data(self) -> None:
        """Read the cart and the cards again."""
        self.cart.kept.refresh()
        if self.model.methods.value is None:
            self.model.methods.refresh()

    def on_rows_opened(self, event: Rows.Opened) -> None:
        """Do the step of the cursor."""
        self.act("checkout.card" if event.key == text.CARD else "checkout.place")

    def do_checkout_card(self) -> None:
        """Choose a card."""
        if self.model.attempt is not None:
            self.say("First find out whether the order was placed: b asks again", "warning")
            return
        methods = self.model.methods.value or ()
        choices = [Choice(one.payment_method, one.payment_method, one.description) for one in methods]
        self.app.push_screen(Choose("Pay with which card?", choices), self._chosen)

    def do_checkout_place(self) -> None:
        """Accept a sum that changed, or order for the accepted one."""
        if self.model.is_changed:
            self.model.accept()
            self.say("Accepted. The same key places the order now")
        else:
            self.model.place()

    def _chosen(self, card: str | None) -> None:
        if card is not None:
            self.model.choose(card)

    def _show(self) -> None:
        order = self.model.order
        if order is not None and order.status not in (OrderStatus.PENDING, OrderStatus.FAILED) and self.is_current:
            self.model.order = None
            self.app.switch_screen(OrderScreen(self.client_app.marketplace, order.order_id))
            return
        rows = self.query_one("#steps", Rows)
        steps = text.steps(self.model, self.cart.shown, is_loaded=self.cart.is_loaded)
        rows.show_rows([Row(key, cells) for key, cells in steps])
        point = (self.model.card, self.model.declined)
        if point != self._pointed:
            self._pointed = point
            rows.go_to(text.CARD if self.model.declined or not self.model.card else text.ORDER)
        self.query_one("#summary", Lines).redraw()
        self.query_one("#checkout-explanation", Lines).redraw()
        self.keys_changed()

    def _draw_summary(self, width: int, height: int) -> Sequence[Line]:  # noqa: ARG002 - as long as it is
        most = max(self.size.height - _OTHER_LINES, 3)
        return text.summary(self.model, self.cart.shown, self.sellers.name_of, width, most)

    def _draw_rule(self, width: int, height: int) -> Sequence[Line]:  # noqa: ARG002 - one line
        return self.client_app.rule(width)

    def _draw_explanation(self, width: int, height: int) -> Sequence[Line]:  # noqa: ARG002 - as long as it is
        return text.explanation(self.model, width)
