"""Bodies of the search service."""

from __future__ import annotations

from services_stub.contracts.base import Body
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

    product_id: str
    seller_id: str
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

    seller_id: str
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
