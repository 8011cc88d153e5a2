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
from services_stub.runtime.cursor import decode_cursor, encode_cursor
from services_stub.runtime.errors import Refused

Sort = Literal["newest", "name", "price", "-price"]

_HAS_STATUS = {
    ProductStatus.BLOCKED: products.c.blocked.is_(True),
    ProductStatus.DISABLED: and_(products.c.blocked.is_(False), products.c.disabled.is_(True)),
    ProductStatus.ACTIVE: and_(products.c.blocked.is_(False), products.c.disabled.is_(False)),
}
_ESCAPE = "\\"


@dataclass(frozen=True, kw_only=True)
class Wish:
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


def page(connection: Connection, wish: Wish) -> Page[Product]:
    """One page of the products that fit.

    Raises:
        Refused: the cursor belongs to another list.
    """
    statement = _sorted(_filtered(wish), wish).limit(wish.limit + 1)
    rows = connection.execute(statement).all()
    shown = rows[: wish.limit]
    more = len(rows) > wish.limit
    return Page(
        items=[product_of(row) for row in shown], next_cursor=_cursor_after(shown[-1], wish.sort) if more else None
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


def _filtered(wish: Wish) -> Select[Any]:
    statement = select(products).where(products.c.deleted.is_(False))
    if wish.status is not None:
        statement = statement.where(_HAS_STATUS[wish.status])
    for word in search_words(wish.query):
        statement = statement.where(products.c.search_text.like(_containing(word), escape=_ESCAPE))
    if wish.category:
        statement = statement.where(products.c.category_key == folded(wish.category))
    if wish.seller_id:
        statement = statement.where(products.c.seller_id == wish.seller_id)
    if wish.min_price is not None:
        statement = statement.where(products.c.price_cents >= to_cents(wish.min_price))
    if wish.max_price is not None:
        statement = statement.where(products.c.price_cents <= to_cents(wish.max_price))
    if wish.in_stock is not None:
        statement = statement.where(products.c.quantity > 0 if wish.in_stock else products.c.quantity <= 0)
    return statement


def _sorted(statement: Select[Any], wish: Wish) -> Select[Any]:
    by_id = products.c.product_id
    match wish.sort:
        case "newest":
            # Identifiers sort by the time they were made.
            if wish.cursor:
                statement = statement.where(by_id < _position(wish, str)[0])
            return statement.order_by(by_id.desc())
        case "name":
            if wish.cursor:
                statement = statement.where(tuple_(products.c.name_key, by_id) > tuple_(*_position(wish, str, str)))
            return statement.order_by(products.c.name_key, by_id)
        case "price":
            if wish.cursor:
                statement = statement.where(tuple_(products.c.price_cents, by_id) > tuple_(*_position(wish, int, str)))
            return statement.order_by(products.c.price_cents, by_id)
        case "-price":
            if wish.cursor:
                statement = statement.where(tuple_(products.c.price_cents, by_id) < tuple_(*_position(wish, int, str)))
            return statement.order_by(products.c.price_cents.desc(), by_id.desc())


def _position(wish: Wish, *types: type) -> list[str | int]:
    """The sort values behind which the page begins."""
    sort, *values = decode_cursor(wish.cursor, (str, *types))
    if sort != wish.sort:
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
