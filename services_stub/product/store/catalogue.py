"""Lists of products: filtered, sorted, searched, and cut into pages by the sort key of the last row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from sqlalchemy import Connection, Select, and_, false, func, select

from services_stub.contracts.events.product import ProductStatus
from services_stub.contracts.http.page import DEFAULT_PAGE, Page
from services_stub.contracts.http.product import CategoryCount, Product
from services_stub.contracts.money import to_cents
from services_stub.contracts.text import is_blank
from services_stub.product.domain import folded, search_words
from services_stub.product.store.products import product_of
from services_stub.product.store.tables import products
from services_stub.product.store.text_index import containing
from services_stub.runtime.sql import keyset
from services_stub.runtime.sql.keyset import SortOrder

Sort = Literal["newest", "name", "price", "-price"]

_HAS_STATUS = {
    ProductStatus.BLOCKED: products.c.blocked.is_(True),
    ProductStatus.DISABLED: and_(products.c.blocked.is_(False), products.c.disabled.is_(True)),
    ProductStatus.ACTIVE: and_(products.c.blocked.is_(False), products.c.disabled.is_(False)),
}
_ID = products.c.product_id
_ORDERS: Mapping[Sort, SortOrder] = {
    # Identifiers sort by the time they were made.
    "newest": SortOrder((_ID,), descending=True, name="newest"),
    "name": SortOrder((products.c.name_key, _ID), name="name"),
    "price": SortOrder((products.c.price_cents, _ID), name="price"),
    "-price": SortOrder((products.c.price_cents, _ID), descending=True, name="-price"),
}


@dataclass(frozen=True, kw_only=True)
class ProductQuery:
    """A request for a page of products: filters, sort order, and where the page begins."""

    query: str = ""
    category: str = ""
    seller_id: str = ""
    status: ProductStatus | None = None
    min_price: Decimal | None = None
    max_price: Decimal | None = None
    in_stock: bool | None = None
    sort: Sort = "newest"
    cursor: str = ""
    limit: int = DEFAULT_PAGE


def page(connection: Connection, query: ProductQuery) -> Page[Product]:
    """One page of the products that fit.

    Raises:
        Refused: the cursor belongs to another list.
    """
    return keyset.page(
        connection, _filtered(connection, query), _ORDERS[query.sort], query.cursor, query.limit, product_of
    )


def categories(connection: Connection) -> list[CategoryCount]:
    """The categories that shoppers can see products of, each under the name that sorts first."""
    name, count = func.min(products.c.category), func.count()
    statement = (
        select(name, count)
        .where(products.c.deleted.is_(False), _HAS_STATUS[ProductStatus.ACTIVE])
        .group_by(products.c.category_key)
        .order_by(products.c.category_key)
    )
    return [CategoryCount(category=category, products=number) for category, number in connection.execute(statement)]


def _filtered(connection: Connection, query: ProductQuery) -> Select[Any]:
    statement = select(products).where(products.c.deleted.is_(False))
    if query.status is not None:
        statement = statement.where(_HAS_STATUS[query.status])
    words = search_words(query.query)
    if not words and not is_blank(query.query):
        statement = statement.where(false())
    if words:
        statement = statement.where(containing(connection, words))
    if query.category:
        statement = statement.where(products.c.category_key == folded(query.category.strip()))
    if query.seller_id:
        statement = statement.where(products.c.seller_id == query.seller_id)
    if query.min_price is not None:
        statement = statement.where(products.c.price_cents >= to_cents(query.min_price))
    if query.max_price is not None:
        statement = statement.where(products.c.price_cents <= to_cents(query.max_price))
    if query.in_stock is not None:
        statement = statement.where(products.c.quantity > 0 if query.in_stock else products.c.quantity <= 0)
    return statement
