"""One product as a guest or shopper looks at it, and others of its category."""

from __future__ import annotations

import msgspec

from marketplace_tui.model.cart import Offer
from marketplace_tui.model.marketplace import Marketplace
from marketplace_tui.model.pages import PAGE
from marketplace_tui.model.resource import Resource
from services_stub.contracts.http.product import Product
from services_stub.contracts.http.search import FoundProduct

MOST_RELATED = 20


class ProductModel:
    """A product, and related ones: of the same category, those of other sellers as well."""

    def __init__(self, marketplace: Marketplace, product_id: str) -> None:
        self.product_id = product_id
        self._marketplace = marketplace
        self.product: Resource[Product] = Resource(self._read, marketplace.tasks, marketplace.clock)
        self.related: Resource[tuple[FoundProduct, ...]] = Resource(
            self._find_related, marketplace.tasks, marketplace.clock
        )
        self.product.watch(self._on_product)

    def refresh(self) -> None:
        """Read the product again, and with it the related ones."""
        self.product.refresh()

    def offer(self) -> Offer | None:
        """The product as the cart needs it; None before it was read."""
        product = self.product.value
        if product is None:
            return None
        return Offer(product.product_id, product.seller_id, product.name, product.price, product.currency)

    async def _read(self) -> Product:
        """Look at the product once; afterwards the search index says what changed.

        A read counts as a view of the product, and an open page is one view however long it is open.
        """
        ask, client = self._marketplace.connection.ask, self._marketplace.client
        known = self.product.value
        if known is not None:
            page = await ask(client.search.find(known.name, seller_id=known.seller_id, limit=PAGE))
            for found in page.items:
                if found.product_id == self.product_id:
                    return msgspec.structs.replace(
                        known,
                        name=found.name,
                        category=found.category,
                        description=found.description,
                        price=found.price,
                        quantity=found.quantity,
                    )
        return await ask(client.products.read(self.product_id))

    async def _find_related(self) -> tuple[FoundProduct, ...]:
        product = self.product.value
        if product is None:
            return ()
        found = await self._marketplace.connection.ask(
            self._marketplace.client.search.find(category=product.category, sort="newest", limit=MOST_RELATED + 1)
        )
        return tuple(one for one in found.items if one.product_id != self.product_id)[:MOST_RELATED]

    def _on_product(self) -> None:
        if self.product.value is not None and not self.product.loading:
            self.related.refresh()
