"""Searching the index: words and their misspellings, filters, sort orders, facets and highlights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import and_
from typing import Literal, NamedTuple

from pyroaring import BitMap
from sqlalchemy import Connection, Integer, bindparam, literal_column, select

from services_stub.contracts.http.page import DEFAULT_PAGE, Page
from services_stub.contracts.http.search import FoundProduct, Highlights, SearchPage, TextRange
from services_stub.contracts.money import from_cents
from services_stub.contracts.text import is_blank
from services_stub.runtime.sql import keyset
from services_stub.runtime.sql.keyset import SortOrder
from services_stub.search.domain import highlighter, query_words, sort_key
from services_stub.search.store.facets import DEAREST, FacetNumbers, Selection, count_facets, priced
from services_stub.search.store.hits import Kept, WordHits, by_relevance
from services_stub.search.store.state import find_state
from services_stub.search.store.tables import INDEXES, ProductIndex, numbers

Sort = Literal["relevance", "newest", "name", "price", "-price"]

FEW = 1000
"""Up to so many products are sorted; of more, a page is soon found in an index that has all of them in order."""

_RELEVANCE = SortOrder((literal_column("relevance", Integer), numbers.c.number), descending=True, name="relevance")


class _Place(NamedTuple):
    relevance: int
    number: int


@dataclass(frozen=True, kw_only=True)
class SearchQuery:
    """A request for a page of products: words, filters (prices in cents), sort order, and where the page begins."""

    query: str = ""
    category: str = ""
    seller_id: str = ""
    min_cents: int | None = None
    max_cents: int | None = None
    in_stock: bool | None = None
    sort: Sort = "relevance"
    cursor: str = ""
    limit: int = DEFAULT_PAGE


def search(connection: Connection, query: SearchQuery, kept: Kept) -> SearchPage:
    """A page of the products that can be bought and contain all words of the query, with the facets of all pages.

    Raises:
        Refused: the cursor belongs to another list.
    """
    state = find_state(connection)
    index, facets = state.answering, kept.facets(connection, state)
    wanted = query_words(query.query)
    words = [WordHits(connection, state, kept, word) for word in wanted]
    if words:
        matching = reduce(and_, (word.all() for word in words), facets.all)
    else:  # signs alone are in no product
        matching = facets.all if is_blank(query.query) else BitMap()
    selection = _narrowed(Selection(matching), connection, index, facets, query)
    if words and query.sort == "relevance":
        page = _most_relevant(words, selection.found(), query)
    else:
        page = _in_order(connection, index, selection.found(), query)
    return SearchPage(
        items=_products(connection, index, page.items, wanted),
        facets=count_facets(facets, selection),
        next_cursor=page.next_cursor,
    )


def _narrowed(
    selection: Selection, connection: Connection, index: ProductIndex, facets: FacetNumbers, query: SearchQuery
) -> Selection:
    if query.category:
        selection.narrow("category", facets.having("category", sort_key(query.category)))
    if query.seller_id:
        selection.narrow("seller", facets.having("seller", query.seller_id))
    if query.min_cents is not None or query.max_cents is not None:
        selection.narrow("price", priced(connection, index, facets, *_price_range(query)))
    if query.in_stock is not None:
        selection.narrow("stock", facets.having("stock", "1" if query.in_stock else "0"))
    return selection


def _price_range(query: SearchQuery) -> tuple[int, int]:
    return query.min_cents or 0, DEAREST if query.max_cents is None else query.max_cents


def _most_relevant(words: Sequence[WordHits], found: BitMap, query: SearchQuery) -> Page[int]:
    """The products with the highest relevance, and of equally relevant ones those that came last to the index."""
    last = _Place(*map(int, keyset.values_of(query.cursor, _RELEVANCE))) if query.cursor else None
    places: list[_Place] = []
    for relevance, part in by_relevance(words, found):
        if last is not None and relevance > last.relevance:
            continue
        end = part.rank(_before(last.number)) if last is not None and relevance == last.relevance else len(part)
        begin = max(0, end - (query.limit + 1 - len(places)))
        places += [_Place(relevance, number) for number in list(part[begin:end])[::-1]]
        if len(places) > query.limit:
            break
    shown = places[: query.limit]
    next_cursor = keyset.cursor_behind(_RELEVANCE, shown[-1]) if len(places) > query.limit else None
    return Page(items=[place.number for place in shown], next_cursor=next_cursor)


def _before(number: int) -> int:
    """The number before one that a cursor says, within those that a bitmap has: a cursor can be made up."""
    return min(max(number - 1, 0), 2**32 - 1)


def _in_order(connection: Connection, index: ProductIndex, found: BitMap, query: SearchQuery) -> Page[int]:
    """The products that come first in an order that an index of the database has."""
    products, number = index.products.c, index.products.c.number
    by_age = SortOrder((numbers.c.product_id,), descending=True, name=query.sort)
    orders: Mapping[Sort, SortOrder] = {
        # Without words all are equally relevant. Identifiers sort by the time they were made.
        "relevance": by_age,
        "newest": by_age,
        "name": SortOrder((products.name_key, number), name="name"),
        "price": SortOrder((products.price_cents, number), name="price"),
        "-price": SortOrder((products.price_cents, number), descending=True, name="-price"),
    }
    order = orders[query.sort]
    number = numbers.c.number if order is by_age else number
    if len(found) <= FEW:
        candidates = list(found)
    else:
        everything = select(number)
        if order.columns[0] is products.price_cents:
            everything = everything.where(products.price_cents.between(*_price_range(query)))
        candidates = keyset.first_of(connection, everything, order, query.cursor, query.limit + 1, found.__contains__)
    columns = (column for column in order.columns if column is not number)
    statement = select(number, *columns).where(number.in_(candidates))
    return keyset.page(connection, statement, order, query.cursor, query.limit, lambda row: int(row.number))


def _products(
    connection: Connection, index: ProductIndex, shown: Sequence[int], words: Sequence[str]
) -> list[FoundProduct]:
    rows = {row.number: row for row in connection.execute(_shown[index.place], {"shown": shown})}
    ranges = highlighter(words)

    def places(text: str) -> list[TextRange]:
        return [TextRange(start=start, end=end) for start, end in ranges(text)]

    return [
        FoundProduct(
            product_id=row.product_id,
            seller_id=row.seller_id,
            name=row.name,
            category=row.category,
            description=row.description,
            price=from_cents(row.price_cents),
            currency=row.currency,
            quantity=row.quantity,
            version=row.version,
            highlights=Highlights(name=places(row.name), description=places(row.description)),
        )
        for row in (rows[number] for number in shown)
    ]


_SHOWN = ("number", "seller_id", "name", "category", "description", "price_cents", "currency", "quantity", "version")
_shown = [
    select(numbers.c.product_id, *(index.products.c[name] for name in _SHOWN))
    .join(numbers, numbers.c.number == index.products.c.number)
    .where(index.products.c.number.in_(bindparam("shown", expanding=True)))
    for index in INDEXES
]
