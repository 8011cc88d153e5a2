"""Bodies of the search service."""

from __future__ import annotations

from typing import Literal

from services_stub.contracts.base import Body, Id
from services_stub.contracts.money import Money


class TextRange(Body, frozen=True, kw_only=True):
    """A part of a text, from `start` up to but without `end`, counted in Unicode code points from 0."""

    start: int
    end: int


class Highlights(Body, frozen=True, kw_only=True):
    """The words of a product's texts that were searched for, in the order in which they stand there."""

    name: list[TextRange]
    description: list[TextRange]


class FoundProduct(Body, frozen=True, kw_only=True):
    """A product that can be bought, as the index has it; `version` is the product's version that it shows."""

    product_id: Id
    seller_id: Id
    name: str
    category: str
    description: str
    price: Money
    currency: str
    quantity: int
    version: int
    highlights: Highlights


class CategoryFacet(Body, frozen=True, kw_only=True):
    """A category and how many of the products that were found are of it."""

    category: str
    products: int


class SellerFacet(Body, frozen=True, kw_only=True):
    """A seller and how many of the products that were found are theirs."""

    seller_id: Id
    products: int


class PriceFacet(Body, frozen=True, kw_only=True):
    """How many of the products that were found cost from `min_price` to `max_price`, both included.

    As `minPrice` and `maxPrice` they ask for these products; the highest prices have no `max_price`.
    """

    min_price: Money
    max_price: Money | None
    products: int


class StockFacet(Body, frozen=True, kw_only=True):
    """How many of the products that were found are in stock, or are not."""

    in_stock: bool
    products: int


class Facets(Body, frozen=True, kw_only=True):
    """Counts over all pages. Each facet leaves out its own filter, so that it shows the other choices, too.

    Categories and sellers come with the most products first, and no more than twenty.
    """

    categories: list[CategoryFacet]
    prices: list[PriceFacet]
    sellers: list[SellerFacet]
    stock: list[StockFacet]


class SearchPage(Body, frozen=True, kw_only=True):
    """A page of the products that were found. `next_cursor` is opaque, and None on the last page."""

    items: list[FoundProduct]
    facets: Facets
    next_cursor: str | None = None


class Rebuild(Body, frozen=True, kw_only=True):
    """Internal: how far a rebuild of the index is. While it is under way, and when it failed, the old index answers.

    `records` is how many records the log held, `records_dropped` how many it held no more, `skipped` how many cannot be
    read. `from_product` is how many products came from the product service, because the log did not hold them all.
    `products` is how many can be bought, once it is done; `detail` says why it failed, or what could not be compared.
    """

    state: Literal["reading", "comparing", "done", "failed"]
    started_at: str
    seconds: float = 0.0
    records: int = 0
    records_read: int = 0
    records_dropped: int = 0
    skipped: int = 0
    from_product: int = 0
    products: int = 0
    detail: str = ""
