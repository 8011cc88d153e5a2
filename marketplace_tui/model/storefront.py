"""The shop as a guest or shopper looks at it: a search, its facets, and the products that it finds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal

from marketplace_tui.model.cart import Offer
from marketplace_tui.model.marketplace import Marketplace
from marketplace_tui.model.pages import PAGE, Loaded, Pages
from services_stub.client.search import SearchOrder
from services_stub.contracts.http.search import FoundProduct, SearchPage

ORDERS: tuple[SearchOrder, ...] = ("relevance", "price", "-price", "name", "newest")
ORDER_WORDS: dict[SearchOrder, str] = {
    "relevance": "relevance",
    "price": "price ▴",
    "-price": "price ▾",
    "name": "name",
    "newest": "newest",
}


@dataclass(frozen=True)
class Query:
    """A search and its filters."""

    text: str = ""
    category: str = ""
    seller_id: str = ""
    min_price: Decimal | None = None
    max_price: Decimal | None = None
    in_stock: bool | None = None
    order: SearchOrder = "relevance"

    @property
    def is_filtered(self) -> bool:
        """Whether anything but the order narrows what is shown."""
        return replace(self, order="relevance") != Query()


class StorefrontModel:
    """The query, and the products that were found. `took` is how long the last answer took, in seconds."""

    def __init__(self, marketplace: Marketplace) -> None:
        self.query = Query()
        self.first_page: SearchPage | None = None
        self.took: float | None = None
        self._marketplace = marketplace
        self._clock: Callable[[], float] = marketplace.clock
        self.found: Pages[FoundProduct] = Pages(self._load_page, marketplace.tasks, marketplace.clock)

    def search(self, query: Query) -> None:
        """Look for something else; what was found before stays until the answer is there."""
        if query != self.query:
            self.query = query
            self.found.begin_anew()

    def product(self, product_id: str) -> FoundProduct | None:
        """A found product."""
        return next((product for product in self.found.items if product.product_id == product_id), None)

    async def _load_page(self, cursor: str) -> Loaded[FoundProduct]:
        query, begun = self.query, self._clock()
        page = await self._marketplace.connection.ask(
            self._marketplace.client.search.find(
                query.text,
                category=query.category,
                seller_id=query.seller_id,
                min_price=query.min_price,
                max_price=query.max_price,
                in_stock=query.in_stock,
                sort=query.order,
                cursor=cursor,
                limit=PAGE,
            )
        )
        if not cursor:
            self.first_page, self.took = page, self._clock() - begun
        return Loaded(tuple(page.items), page.next_cursor)


def offer_of(product: FoundProduct) -> Offer:
    """A found product as the cart needs it."""
    return Offer(product.product_id, product.seller_id, product.name, product.price, product.currency)
