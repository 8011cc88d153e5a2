"""Searching the index: words and their misspellings, filters, sort orders, facets and highlights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Integer, Row, case, false, literal, select

from services_stub.contracts.http.page import DEFAULT_PAGE
from services_stub.contracts.http.search import FoundProduct, Highlights, SearchPage, TextRange
from services_stub.contracts.money import from_cents
from services_stub.runtime.sql import keyset
from services_stub.runtime.sql.full_text import Term
from services_stub.runtime.sql.keyset import SortOrder
from services_stub.search.domain import (
    can_be_corrected,
    highlights,
    query_words,
    sort_key,
    within_one_edit,
)
from services_stub.search.domain import (
    spellings as spellings_of,
)
from services_stub.search.store.facets import Conditions, facets
from services_stub.search.store.tables import full_text, products, spellings

Sort = Literal["relevance", "newest", "name", "price", "-price"]

MOST_CORRECTIONS = 50
"""How many words a misspelt one may stand for; a bound to the work that one word of a query makes."""


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


@dataclass(frozen=True)
class _Wanted:
    """A word of a query, and the words of the index that it may be a misspelling of."""

    word: str
    corrections: Sequence[str]

    def is_found(self) -> ColumnElement[bool]:
        return full_text.matches([Term(self.word, prefix=True), *map(Term, self.corrections)])

    def relevance(self) -> ColumnElement[int]:
        """From 6 (the name has the very word) to 1 (misspelt, and not in the name)."""
        kinds = [[Term(self.word)], [Term(self.word, prefix=True)], [Term(each) for each in self.corrections]]
        name = [(full_text.matches(terms, products.c.name_terms), 6 - place) for place, terms in enumerate(kinds)]
        text = [(full_text.matches(terms), 3 - place) for place, terms in enumerate(kinds)]
        return case(*[each for each, terms in zip(name + text, kinds + kinds, strict=True) if terms], else_=0)


def search(connection: Connection, query: SearchQuery) -> SearchPage:
    """A page of the products that can be bought and contain all words of the query, with the facets of all pages.

    Raises:
        Refused: the cursor belongs to another list.
    """
    words = query_words(query.query)
    wanted = [_Wanted(word, _corrections(connection, word)) for word in words]
    conditions = _conditions(query, wanted)
    ranked = query.sort == "relevance" and wanted
    relevance = reduce(add, [each.relevance() for each in wanted]) if ranked else literal(0, Integer)
    found = select(products, relevance.label("relevance")).where(*conditions.all()).subquery()
    page = keyset.page(
        connection,
        select(found),
        _order(found.c, query.sort, ranked=bool(ranked)),
        query.cursor,
        query.limit,
        lambda row: _to_product(row, words),
    )
    return SearchPage(items=page.items, facets=facets(connection, conditions), next_cursor=page.next_cursor)


def _order(columns: Any, sort: Sort, *, ranked: bool) -> SortOrder:
    by_id = columns.product_id
    orders: Mapping[Sort, SortOrder] = {
        # Without words all are equally relevant, and an index has them in order.
        "relevance": SortOrder((columns.relevance, by_id) if ranked else (by_id,), descending=True, name="relevance"),
        # Identifiers sort by the time they were made.
        "newest": SortOrder((by_id,), descending=True, name="newest"),
        "name": SortOrder((columns.name_key, by_id), name="name"),
        "price": SortOrder((columns.price_cents, by_id), name="price"),
        "-price": SortOrder((columns.price_cents, by_id), descending=True, name="-price"),
    }
    return orders[sort]


def _conditions(query: SearchQuery, wanted: Sequence[_Wanted]) -> Conditions:
    always = [products.c.buyable.is_(True), *(each.is_found() for each in wanted)]
    if query.query.strip() and not wanted:  # signs alone are in no product
        always.append(false())
    conditions = Conditions(always)
    if query.category:
        conditions.add("categories", products.c.category_key == sort_key(query.category))
    if query.seller_id:
        conditions.add("sellers", products.c.seller_id == query.seller_id)
    if query.min_cents is not None:
        conditions.add("prices", products.c.price_cents >= query.min_cents)
    if query.max_cents is not None:
        conditions.add("prices", products.c.price_cents <= query.max_cents)
    if query.in_stock is not None:
        conditions.add("stock", products.c.quantity > 0 if query.in_stock else products.c.quantity <= 0)
    return conditions


def _corrections(connection: Connection, word: str) -> list[str]:
    """The words of the index that are one edit away from `word`."""
    if not can_be_corrected(word):
        return []
    statement = select(spellings.c.word).where(spellings.c.spelling.in_(sorted(spellings_of(word)))).distinct()
    alike = [each for each in connection.execute(statement).scalars() if each != word and within_one_edit(each, word)]
    return sorted(alike)[:MOST_CORRECTIONS]


def _to_product(row: Row[Any], words: Sequence[str]) -> FoundProduct:
    return FoundProduct(
        product_id=row.product_id,
        seller_id=row.seller_id,
        name=row.name,
        category=row.category,
        description=row.description,
        price=from_cents(row.price_cents),
        currency=row.currency,
        quantity=row.quantity,
        version=row.version,
        highlights=Highlights(name=_ranges(row.name, words), description=_ranges(row.description, words)),
    )


def _ranges(text: str, words: Sequence[str]) -> list[TextRange]:
    return [TextRange(start=start, end=end) for start, end in highlights(text, words)]
