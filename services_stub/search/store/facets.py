"""Facets: how many of the products that were found there are by category, price, seller and stock.

For each value of a facet, a bitmap holds the numbers of the products that have it and can be bought. A count is the
size of an intersection, so it is exact and takes microseconds, however many products were found.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from heapq import nsmallest
from itertools import pairwise
from typing import Literal

from pyroaring import BitMap
from sqlalchemy import Connection, bindparam, delete, insert, select, update

from services_stub.contracts.http.search import CategoryFacet, Facets, PriceFacet, SellerFacet, StockFacet
from services_stub.contracts.money import LARGEST_PRICE, from_cents, to_cents
from services_stub.runtime.sql.transaction import Transaction
from services_stub.search.domain import PRICE_BOUNDS, price_band
from services_stub.search.store.tables import INDEXES, ProductIndex

MOST_VALUES = 20
DEAREST = to_cents(LARGEST_PRICE)
"""No product costs more cents."""

FacetName = Literal["category", "price", "seller", "stock"]
Value = tuple[FacetName, str]

_FACETS: tuple[FacetName, ...] = ("category", "price", "seller", "stock")


class FacetChanges:
    """Products that get or lose values of facets, gathered so that each bitmap is written once."""

    def __init__(self, index: ProductIndex) -> None:
        self._place = index.place
        self._gained: dict[Value, list[int]] = defaultdict(list)
        self._lost: dict[Value, list[int]] = defaultdict(list)

    def move(self, number: int, old: Collection[Value], new: Collection[Value]) -> None:
        """A product had the values `old`, and has the values `new` now."""
        if old == new:
            return
        for value in old:
            self._lost[value].append(number)
        for value in new:
            self._gained[value].append(number)

    def write(self, transaction: Transaction, labels: Mapping[str, str]) -> bool:
        """Write the bitmaps; whether there was anything to write. `labels` are those of new categories."""
        changed = {*self._gained, *self._lost}
        known = self._load(transaction, changed)
        added, replaced, emptied = [], [], []
        for facet, value in changed:
            old = known.get((facet, value), BitMap())
            numbers = (old - BitMap(self._lost[facet, value])) | BitMap(self._gained[facet, value])
            row = {"of_facet": facet, "of_value": value}
            if not numbers:
                emptied.append(row)
            elif (facet, value) in known:
                if numbers != old:
                    replaced.append(row | {"new_numbers": numbers.serialize()})
            else:
                label = labels[value] if facet == "category" else ""
                added.append({"facet": facet, "value": value, "label": label, "numbers": numbers.serialize()})
        for statement, rows in (
            (_inserts[self._place], added),
            (_updates[self._place], replaced),
            (_deletes[self._place], emptied),
        ):
            if rows:
                transaction.write(statement, *rows)
        return bool(added or replaced or emptied)

    def _load(self, transaction: Transaction, wanted: Iterable[Value]) -> dict[Value, BitMap]:
        values: dict[FacetName, list[str]] = defaultdict(list)
        for facet, value in wanted:
            values[facet].append(value)
        return {
            (facet, row.value): BitMap.deserialize(row.numbers)
            for facet, those in values.items()
            for row in transaction.execute(_some_of_facet[self._place], {"of_facet": facet, "of_values": those})
        }


_tables = [index.facets for index in INDEXES]
_some_of_facet = [
    select(table.c.value, table.c.numbers).where(
        table.c.facet == bindparam("of_facet"), table.c.value.in_(bindparam("of_values", expanding=True))
    )
    for table in _tables
]
_inserts = [insert(table) for table in _tables]
_updates = [
    update(table)
    .where(table.c.facet == bindparam("of_facet"), table.c.value == bindparam("of_value"))
    .values(numbers=bindparam("new_numbers"))
    for table in _tables
]
_deletes = [
    delete(table).where(table.c.facet == bindparam("of_facet"), table.c.value == bindparam("of_value"))
    for table in _tables
]
_all = [select(table.c.facet, table.c.value, table.c.label, table.c.numbers) for table in _tables]


def values_of(*, category_key: str, seller_id: str, price_cents: int, quantity: int) -> frozenset[Value]:
    """The values that a product with these fields has."""
    stock = "1" if quantity > 0 else "0"
    price = str(price_band(price_cents))
    return frozenset({("category", category_key), ("seller", seller_id), ("price", price), ("stock", stock)})


@dataclass(frozen=True)
class FacetNumbers:
    """The numbers of the products that can be bought: all of them, and by facet and value; and the categories."""

    all: BitMap
    by_value: Mapping[FacetName, Mapping[str, BitMap]]
    categories: Mapping[str, str]

    def having(self, facet: FacetName, value: str) -> BitMap:
        """The products with a value of a facet."""
        return self.by_value[facet].get(value, BitMap())


def load_facets(connection: Connection, index: ProductIndex) -> FacetNumbers:
    """The bitmaps of an index."""
    by_value: dict[FacetName, dict[str, BitMap]] = {facet: {} for facet in _FACETS}
    categories: dict[str, str] = {}
    for facet, value, label, numbers in connection.execute(_all[index.place]):
        by_value[facet][value] = BitMap.deserialize(numbers)
        if facet == "category":
            categories[value] = label
    return FacetNumbers(BitMap.union(BitMap(), *by_value["stock"].values()), by_value, categories)


class Selection:
    """The products that match the words of a search, narrowed by filters, each of which belongs to a facet."""

    def __init__(self, matching: BitMap) -> None:
        self._matching = matching
        self._filters: list[tuple[FacetName, BitMap]] = []

    def narrow(self, facet: FacetName, numbers: BitMap) -> None:
        """Filter by a facet."""
        self._filters.append((facet, numbers))

    def found(self, *, without: FacetName | None = None) -> BitMap:
        """The products that pass all filters, or all but those by one facet: the other choices there."""
        return BitMap.intersection(self._matching, *(each for facet, each in self._filters if facet != without))


def count_facets(facets: FacetNumbers, selection: Selection) -> Facets:
    """The facets of a selection. Each leaves out its own filters."""

    def counts(facet: FacetName) -> list[tuple[str, int]]:
        found = selection.found(without=facet)
        values = facets.by_value[facet].items() if found else ()
        counted = [(value, count) for value, numbers in values if (count := found.intersection_cardinality(numbers))]
        return nsmallest(MOST_VALUES, counted, key=lambda each: (-each[1], each[0]))

    return Facets(
        categories=[
            CategoryFacet(category=facets.categories[value], products=count) for value, count in counts("category")
        ],
        prices=[_price_facet(int(band), count) for band, count in sorted(counts("price"))],
        sellers=[SellerFacet(seller_id=seller_id, products=count) for seller_id, count in counts("seller")],
        stock=[StockFacet(in_stock=value == "1", products=count) for value, count in sorted(counts("stock"))],
    )


def priced(connection: Connection, index: ProductIndex, facets: FacetNumbers, least: int, most: int) -> BitMap:
    """The products that cost from `least` to `most` cents."""
    found, prices = BitMap(), index.products.c.price_cents
    for band, (low, high) in enumerate(pairwise([*PRICE_BOUNDS, DEAREST + 1])):
        if least <= low and high - 1 <= most:
            found |= facets.having("price", str(band))
        elif low <= most and least < high:
            # A band that is cut by a bound; those that hold whole ones are known.
            statement = select(index.products.c.number).where(prices.between(max(low, least), min(high - 1, most)))
            found |= BitMap(connection.execute(statement).scalars().all())
    return found & facets.all


def _price_facet(band: int, found: int) -> PriceFacet:
    above = PRICE_BOUNDS[band + 1] if band + 1 < len(PRICE_BOUNDS) else None
    return PriceFacet(
        min_price=from_cents(PRICE_BOUNDS[band]),
        max_price=None if above is None else from_cents(above - 1),
        products=found,
    )
