"""Keyset pages: a page begins behind the sort key of the last row, so that lists stay right while rows come and go.

The sort key travels to the client and back as an opaque cursor.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from itertools import islice
from typing import Annotated, Any, NamedTuple, TypeVar

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, Select, literal, tuple_

from services_stub.contracts.http.page import Page
from services_stub.contracts.problem import FieldError
from services_stub.runtime.errors import Refused

Value = str | Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
"""A value of a sort key: text, or a whole number of 64 bits, which is the largest that a database compares."""

_NO_CURSOR = "not a cursor of this list"

Item = TypeVar("Item")


class SortOrder(NamedTuple):
    """The columns of a sort key, all in the same direction; together they are unique.

    Where a list has several orders, the cursor carries the `name` of its own and is refused by the others.
    """

    columns: tuple[ColumnElement[Any], ...]
    descending: bool = False
    name: str = ""


def page(
    connection: Connection,
    statement: Select[Any],
    order: SortOrder,
    cursor: str,
    limit: int,
    to_item: Callable[[Row[Any]], Item],
) -> Page[Item]:
    """Up to `limit` rows of `statement` in `order`, from behind `cursor` on; an empty one is the beginning.

    The statement selects columns with the names of the sort key.

    Raises:
        Refused: the cursor belongs to another list.
    """
    rows = connection.execute(_in_order(statement, order, cursor).limit(limit + 1)).all()
    shown = rows[:limit]
    next_cursor = cursor_behind(order, shown[-1]) if len(rows) > limit else None
    return Page(items=[to_item(row) for row in shown], next_cursor=next_cursor)


def first_of(
    connection: Connection,
    statement: Select[Any],
    order: SortOrder,
    cursor: str,
    most: int,
    keep: Callable[[int], bool],
) -> list[int]:
    """Of the keys that `statement` selects, the first `most` in `order` that `keep` keeps, from behind `cursor` on.

    For keys that are too many to be sorted: an index has all rows in order, and the first of them are soon found there.

    Raises:
        Refused: the cursor belongs to another list.
    """
    with connection.execute(_in_order(statement, order, cursor)) as result:
        # Many rows are passed over, so they are taken as the driver has them.
        rows: Any = result.cursor
        return list(islice((key for (key,) in rows if keep(key)), most))


def _in_order(statement: Select[Any], order: SortOrder, cursor: str) -> Select[Any]:
    if cursor:
        statement = statement.where(_is_behind(order, values_of(cursor, order)))
    return statement.order_by(*(column.desc() if order.descending else column.asc() for column in order.columns))


def _is_behind(order: SortOrder, values: list[Value]) -> ColumnElement[bool]:
    # Compared as one row value, which both databases look up in an index; a chain of ORs is read from the beginning.
    bounds = [literal(value, column.type) for column, value in zip(order.columns, values, strict=True)]
    key, bound = tuple_(*order.columns), tuple_(*bounds)
    return key < bound if order.descending else key > bound


def cursor_behind(order: SortOrder, row: Any) -> str:
    """The cursor of what comes behind `row`, which has the columns of the sort key as attributes."""
    values = [*filter(None, [order.name]), *(getattr(row, str(column.key)) for column in order.columns)]
    return base64.urlsafe_b64encode(msgspec.json.encode(values)).rstrip(b"=").decode()


def values_of(cursor: str, order: SortOrder) -> list[Value]:
    """The sort key in a cursor.

    Raises:
        Refused: the cursor belongs to another list.
    """
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        values = msgspec.json.decode(base64.urlsafe_b64decode(padded), type=list[Value])
    except (msgspec.MsgspecError, binascii.Error, UnicodeError):
        values = []
    if order.name and (name := values.pop(0) if values else None) != order.name:
        raise _refused(f"a cursor of the sort order {name!r}" if isinstance(name, str) else _NO_CURSOR)
    if [type(value) for value in values] != [column.type.python_type for column in order.columns]:
        raise _refused(_NO_CURSOR)
    return values


def _refused(message: str) -> Refused:
    return Refused(400, "invalid-input", f"`cursor` is {message}", errors=[FieldError(field="cursor", message=message)])
