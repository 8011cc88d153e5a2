"""All products, whatever their status: found, filtered, blocked and unblocked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from marketplace_tui.actions.state import Fact
from marketplace_tui.model.admin.listing import Listing, products_of
from marketplace_tui.model.marketplace import Marketplace
from marketplace_tui.screens.admin import catalogue_text as text
from marketplace_tui.screens.admin.list_screen import ListScreen
from marketplace_tui.screens.admin.users_text import REASON
from marketplace_tui.screens.asking import submit
from marketplace_tui.screens.everywhere.dialogs import Form
from marketplace_tui.text.lines import Line
from marketplace_tui.text.signs import of_status
from services_stub.contracts.events.product import ProductCreated, ProductDeleted, ProductStatus, ProductUpdated
from services_stub.contracts.http.product import Product


class CatalogueScreen(ListScreen[Product]):
    """All products."""

    PLACE = "catalogue"
    NOUN = "products"
    COLUMNS = text.COLUMNS
    FILTERS = {status: of_status(status) for status in ProductStatus}
    HAS_SEARCH = True
    CONCERNS = (ProductCreated, ProductUpdated, ProductDeleted)

    def make_listing(self, marketplace: Marketplace) -> Listing[Product]:
        """All products."""
        return products_of(marketplace)

    def cells(self, item: Product) -> tuple[Line, ...]:
        """A product as a row."""
        return text.cells(item, self._seller_of(item))

    def details(self, item: Product, width: int) -> list[Line]:
        """A product in full."""
        return text.details(item, self._seller_of(item), width)

    def item_facts(self, item: Product) -> Iterable[Fact]:
        """Blocked or not."""
        yield Fact.BLOCKED if item.status is ProductStatus.BLOCKED else Fact.NOT_BLOCKED

    def do_catalogue_search(self) -> None:
        """Type into the search field."""
        self.search()

    def do_catalogue_filter(self) -> None:
        """Choose a status."""
        self.choose_filter()

    def do_product_block(self) -> None:
        """Ask for the reason, and block."""
        product = self.selected_item
        client = self.client_app.marketplace.client

        def block(form: Form, values: Mapping[str, str]) -> None:
            submit(self, form, client.admin.block_product(product.product_id, values["reason"]), self._blocked)

        self.app.push_screen(Form(f"Block {text.name_of(product)}", [REASON], block, explanation=text.BLOCK))

    def do_product_unblock(self) -> None:
        """Ask for the reason, and unblock."""
        product = self.selected_item
        client = self.client_app.marketplace.client

        def unblock(form: Form, values: Mapping[str, str]) -> None:
            submit(self, form, client.admin.unblock_product(product.product_id, values["reason"]), self._blocked)

        self.app.push_screen(Form(f"Unblock {text.name_of(product)}", [REASON], unblock, explanation=text.UNBLOCK))

    def _seller_of(self, product: Product) -> str:
        return self.client_app.marketplace.sellers.name_of(product.seller_id)

    def _blocked(self, product: Product) -> None:
        self.say(text.outcome(product), "good")
        self.refresh_data()
