"""The payments of all shoppers: filtered, and their orders opened."""

from __future__ import annotations

from marketplace_tui.model.admin.listing import Listing, payments_of
from marketplace_tui.model.marketplace import Marketplace
from marketplace_tui.screens.admin import payments_text as text
from marketplace_tui.screens.admin.list_screen import ListScreen
from marketplace_tui.text.lines import Line
from marketplace_tui.text.signs import of_status
from services_stub.contracts.events import PaymentFailed, PaymentRefunded, PaymentSuccess
from services_stub.contracts.http.payment import Payment, PaymentStatus


class PaymentsScreen(ListScreen[Payment]):
    """All payments, newest first."""

    PLACE = "payments"
    NOUN = "payments"
    COLUMNS = text.COLUMNS
    FILTERS = {status: of_status(status) for status in PaymentStatus}
    CONCERNS = (PaymentSuccess, PaymentFailed, PaymentRefunded)

    def make_listing(self, marketplace: Marketplace) -> Listing[Payment]:
        """All payments."""
        return payments_of(marketplace)

    def cells(self, item: Payment) -> tuple[Line, ...]:
        """A payment as a row."""
        return text.cells(item, self.client_app.marketplace.now())

    def details(self, item: Payment, width: int) -> list[Line]:
        """A payment in full, with its refunds."""
        return text.details(item, width)

    def open_item(self, item: Payment) -> None:
        """Show the page of its order."""
        self.client_app.open_order(item.order_id)

    def do_payments_filter(self) -> None:
        """Choose a status."""
        self.choose_filter()
