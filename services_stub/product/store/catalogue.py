"""Lists of products: filtered, sorted, searched, and cut into pages by the sort key of the last row."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from sqlalchemy import Connection, Select, and_, func, select, tuple_

from services_stub.contracts.events.product import ProductStatus
from services_stub.contracts.http.page import DEFAULT_PAGE, Page
from services_stub.contracts.http.product import CategoryCount, Product
from services_stub.contracts.money import to_cents
from services_stub.contracts.problem import FieldError
from services_stub.product.domain import folded, search_words
from services_stub.product.store.products import product_of
from services_stub.product.store.tables import products
from services_stub.runtime.errors import Refused
from services_stub.runtime.sql.cursor import decode_cursor, encode_cursor

Sort = Literal["newest", "name", "price", "-price"]

_HAS_STATUS = {
    ProductStatus.BLOCKED: products.c.blocked.is_(True),
    ProductStatus.DISABLED: and_(products.c.blocked.is_(False), products.c.disabled.is_(True)),
    ProductStatus.ACTIVE: and_(products.c.blocked.is_(False), products.c.disabled.is_(False)),
}
_ESCAPE = "\\"


@dataclass(frozen=True, kw_only=True)
class ProductQuery:
    """Which products somebody wants to see, in which order, and from where on."""

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
    statement = _sorted(_filtered(query), query).limit(query.limit + 1)
    rows = connection.execute(statement).all()
    shown = rows[: query.limit]
    more = len(rows) > query.limit
    return Page(
        items=[product_of(row) for row in shown], next_cursor=_cursor_after(shown[-1], query.sort) if more else None
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


def _filtered(query: ProductQuery) -> Select[Any]:
    statement = select(products).where(products.c.deleted.is_(False))
    if query.status is not None:
        statement = statement.where(_HAS_STATUS[query.status])
    for word in search_words(query.query):
        statement = statement.where(products.c.search_text.like(_containing(word), escape=_ESCAPE))
    if query.category:
        statement = statement.where(products.c.category_key == folded(query.category))
    if query.seller_id:
        statement = statement.where(products.c.seller_id == query.seller_id)
    if query.min_price is not None:
        statement = statement.where(products.c.price_cents >= to_cents(query.min_price))
    if query.max_price is not None:
        statement = statement.where(products.c.price_cents <= to_cents(query.max_price))
    if query.in_stock is not None:
        statement = statement.where(products.c.quantity > 0 if query.in_stock else products.c.quantity <= 0)
    return statement


def _sorted(statement: Select[Any], query: ProductQuery) -> Select[Any]:
    by_id = products.c.product_id
    match query.sort:
        case "newest":
            # Identifiers sort by the time they were made.
            if query.cursor:
                statement = statement.where(by_id < _position(query, str)[0])
            return statement.order_by(by_id.desc())
        case "name":
            if query.cursor:
                statement = statement.where(tuple_(products.c.name_key, by_id) > tuple_(*_position(query, str, str)))
            return statement.order_by(products.c.name_key, by_id)
        case "price":
            if query.cursor:
                statement = statement.where(tuple_(products.c.price_cents, by_id) > tuple_(*_position(query, int, str)))
            return statement.order_by(products.c.price_cents, by_id)
        case "-price":
            if query.cursor:
                statement = statement.where(tuple_(products.c.price_cents, by_id) < tuple_(*_position(query, int, str)))
            return statement.order_by(products.c.price_cents.desc(), by_id.desc())


def _position(query: ProductQuery, *types: type) -> list[str | int]:
    """The sort values behind which the page begins."""
    sort, *values = decode_cursor(query.cursor, (str, *types))
    if sort != query.sort:
        message = f"the cursor belongs to the sort order {sort!r}"
        raise Refused(400, "invalid-input", message, errors=[FieldError(field="cursor", message=message)])
    return values


def _cursor_after(row: Any, sort: Sort) -> str:
    match sort:
        case "newest":
            return encode_cursor([sort, row.product_id])
        case "name":
            return encode_cursor([sort, row.name_key, row.product_id])
        case _:
            return encode_cursor([sort, row.price_cents, row.product_id])


def _containing(word: str) -> str:
    escaped = word.replace(_ESCAPE, _ESCAPE * 2).replace("%", _ESCAPE + "%").replace("_", _ESCAPE + "_")
    return f"%{escaped}%"
