"""Facets: how many of the products that were found there are by category, price, seller and stock."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, case, func, select

from services_stub.contracts.http.search import CategoryFacet, Facets, PriceFacet, SellerFacet, StockFacet
from services_stub.contracts.money import from_cents
from services_stub.search.domain import PRICE_BOUNDS
from services_stub.search.store.tables import products

MOST_VALUES = 20

Facet = Literal["categories", "prices", "sellers", "stock"]

_BAND = case(
    *[(products.c.price_cents < above, number) for number, (_, above) in enumerate(pairwise(PRICE_BOUNDS))],
    else_=len(PRICE_BOUNDS) - 1,
)


class Conditions:
    """The conditions of a search: those that hold for every facet, and the filters, each by its facet."""

    def __init__(self, always: Sequence[ColumnElement[bool]]) -> None:
        self._always = always
        self._filters: list[tuple[Facet, ColumnElement[bool]]] = []

    def add(self, facet: Facet, condition: ColumnElement[bool]) -> None:
        """Filter by a value of `facet`."""
        self._filters.append((facet, condition))

    def all(self) -> list[ColumnElement[bool]]:
        """All conditions."""
        return [*self._always, *(condition for _, condition in self._filters)]

    def without(self, facet: Facet) -> list[ColumnElement[bool]]:
        """All conditions but the filters by `facet`: what else could be chosen there."""
        return [*self._always, *(condition for own, condition in self._filters if own != facet)]


def facets(connection: Connection, conditions: Conditions) -> Facets:
    """The facets of the products that fit."""
    number = func.count()

    def counts(facet: Facet, key: ColumnElement[Any], *shown: ColumnElement[Any]) -> list[Any]:
        statement = select(*(shown or (key,)), number).where(*conditions.without(facet)).group_by(key)
        return list(connection.execute(statement.order_by(number.desc(), key).limit(MOST_VALUES)))

    categories = counts("categories", products.c.category_key, func.min(products.c.category))
    sellers = counts("sellers", products.c.seller_id)
    stock = counts("stock", case((products.c.quantity > 0, 1), else_=0))
    return Facets(
        categories=[CategoryFacet(category=category, products=found) for category, found in categories],
        prices=[_price_facet(band, found) for band, found in sorted(map(tuple, counts("prices", _BAND)))],
        sellers=[SellerFacet(seller_id=seller_id, products=found) for seller_id, found in sellers],
        stock=[StockFacet(in_stock=in_stock == 1, products=found) for in_stock, found in sorted(map(tuple, stock))],
    )


def _price_facet(band: int, found: int) -> PriceFacet:
    above = PRICE_BOUNDS[band + 1] if band + 1 < len(PRICE_BOUNDS) else None
    return PriceFacet(
        min_price=from_cents(PRICE_BOUNDS[band]),
        max_price=None if above is None else from_cents(above - 1),
        products=found,
    )
