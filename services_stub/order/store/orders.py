"""Statements on orders, their parts and their history, and how rows read as orders."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection, Row, Select, bindparam, func, insert, or_, select, update

from services_stub.contracts.events.order import OrderItem, OrderPart, OrderStatus
from services_stub.contracts.http.order import Order, OrderChange
from services_stub.contracts.http.page import Page
from services_stub.contracts.money import from_cents, to_cents
from services_stub.contracts.times import from_microseconds, rfc3339, to_microseconds
from services_stub.order.store.tables import order_history, order_parts, orders
from services_stub.runtime.sql import keyset
from services_stub.runtime.sql.database import InsertOrIgnore
from services_stub.runtime.sql.keyset import SortOrder
from services_stub.runtime.sql.prepared import fetch
from services_stub.runtime.sql.transaction import Transaction

_INSERT_ORDER = InsertOrIgnore(orders)
_INSERT_PARTS = insert(order_parts)
_FIND_ORDER = select(orders).where(orders.c.order_id == bindparam("order_id"))
_UPDATE_STATUS = (
    update(orders)
    .where(orders.c.order_id == bindparam("of_order"))
    .values(status=bindparam("new_status"), reason=bindparam("new_reason"), updated_at=bindparam("now"))
)
_UPDATE_PART = (
    update(order_parts)
    .where(order_parts.c.order_id == bindparam("of_order"), order_parts.c.seller_id == bindparam("of_seller"))
    .values(status=bindparam("new_status"), reason=bindparam("new_reason"), updated_at=bindparam("now"))
)
_PARTS_OF_ORDER = (
    select(order_parts).where(order_parts.c.order_id == bindparam("order_id")).order_by(order_parts.c.seller_id)
)
_PARTS_OF_ORDERS = (
    select(order_parts)
    .where(order_parts.c.order_id.in_(bindparam("order_ids", expanding=True)))
    .order_by(order_parts.c.order_id, order_parts.c.seller_id)
)
_OF_SELLER = (
    select(orders)
    .join(order_parts, order_parts.c.order_id == orders.c.order_id)
    .where(order_parts.c.seller_id == bindparam("seller_id"))
)
_KNOWN_AMONG = select(orders.c.order_id).where(orders.c.order_id.in_(bindparam("order_ids", expanding=True)))
_HISTORY = select(order_history).where(order_history.c.order_id == bindparam("order_id")).order_by(order_history.c.id)

_NEWEST_FIRST = SortOrder((orders.c.created_at, orders.c.order_id), descending=True)
# By the part's own columns, which an index has in this order.
_NEWEST_OF_SELLER_FIRST = SortOrder((order_parts.c.created_at, order_parts.c.order_id), descending=True)

_ITEMS = msgspec.json.Decoder(list[OrderItem])


class PlacedOrder(NamedTuple):
    """An order's row with its items and its parts, which are sorted by seller."""

    row: Row[Any]
    items: list[OrderItem]
    parts: list[OrderPart]


def find_order(connection: Connection, order_id: str) -> PlacedOrder | None:
    """An order with its parts."""
    found = fetch(connection, _FIND_ORDER, {"order_id": order_id})
    return _with_parts(connection, found[0]) if found else None


def insert_order(tx: Transaction, row: dict[str, str | int]) -> bool:
    """Insert an order; False where there is one with its id already."""
    return tx.write(_INSERT_ORDER, row) == 1


def insert_parts(tx: Transaction, order_id: str, parts: Sequence[OrderPart]) -> None:
    """Insert the parts of a new order."""
    now = to_microseconds(tx.now)
    alone = len(parts) == 1
    rows = (
        {
            "order_id": order_id,
            "seller_id": part.seller_id,
            "status": None if alone else part.status,
            "reason": None if alone else part.reason,
            "amount": to_cents(part.amount),
            "created_at": now,
            "updated_at": now,
        }
        for part in parts
    )
    tx.write(_INSERT_PARTS, *rows)


def update_status(tx: Transaction, order_id: str, status: OrderStatus, reason: str) -> None:
    """Set the status of an order, and its reason."""
    now = to_microseconds(tx.now)
    tx.write(_UPDATE_STATUS, {"of_order": order_id, "new_status": status, "new_reason": reason, "now": now})


def update_parts(tx: Transaction, order_id: str, parts: Sequence[OrderPart]) -> None:
    """Set the status of some parts of an order that has several, and their reasons."""
    now = to_microseconds(tx.now)
    rows = (
        {
            "of_order": order_id,
            "of_seller": part.seller_id,
            "new_status": part.status,
            "new_reason": part.reason,
            "now": now,
        }
        for part in parts
    )
    tx.write(_UPDATE_PART, *rows)


def append_history(tx: Transaction, order_id: str, status: OrderStatus, reason: str, seller_id: str = "") -> None:
    """Add a step to the history of an order: of one part, or of all."""
    at = to_microseconds(tx.now)
    row = {"order_id": order_id, "seller_id": seller_id, "status": status, "reason": reason, "at": at}
    tx.append(order_history, row)


def orders_met_by_block(connection: Connection, seller_id: str, since: int, until: int | None) -> list[PlacedOrder]:
    """The orders with a part of a seller that a block since a time concerns, ended or not.

    They are those that were placed while it held, and the pending ones if it holds still.
    """
    placed = order_parts.c.created_at >= since
    if until is None:
        statement = _OF_SELLER.where(or_(placed, orders.c.status == OrderStatus.PENDING))
    else:
        statement = _OF_SELLER.where(placed, order_parts.c.created_at < until)
    rows = connection.execute(statement, {"seller_id": seller_id}).all()
    return [_with_parts(connection, row) for row in rows]


def known_among(connection: Connection, order_ids: list[str]) -> set[str]:
    """Those of `order_ids` that are orders."""
    return set(connection.scalars(_KNOWN_AMONG, {"order_ids": order_ids}))


def with_history(connection: Connection, order: PlacedOrder) -> Order:
    """An order as it is shown, with its history, oldest step first."""
    return _to_order(order, connection.execute(_HISTORY, {"order_id": order.row.order_id}))


def orders_of_user(
    connection: Connection, user_id: str, status: OrderStatus | None, cursor: str, limit: int
) -> Page[Order]:
    """A page of a shopper's orders, newest first."""
    of_user = select(orders).where(orders.c.user_id == user_id)
    return _page(connection, _having(status, of_user), _NEWEST_FIRST, cursor, limit)


def orders_of_seller(
    connection: Connection, seller_id: str, status: OrderStatus | None, cursor: str, limit: int
) -> Page[Order]:
    """A page of the orders with a part of a seller, newest first; the status is that of the part."""
    of_seller = (
        select(orders)
        .join(order_parts, order_parts.c.order_id == orders.c.order_id)
        .where(order_parts.c.seller_id == seller_id)
    )
    if status is not None:
        of_seller = of_seller.where(func.coalesce(order_parts.c.status, orders.c.status) == status)
    return _page(connection, of_seller, _NEWEST_OF_SELLER_FIRST, cursor, limit)


def all_orders(connection: Connection, status: OrderStatus | None, cursor: str, limit: int) -> Page[Order]:
    """A page of all orders, newest first."""
    return _page(connection, _having(status, select(orders)), _NEWEST_FIRST, cursor, limit)


def _having(status: OrderStatus | None, statement: Select[Any]) -> Select[Any]:
    return statement if status is None else statement.where(orders.c.status == status)


def _page(connection: Connection, statement: Select[Any], order: SortOrder, cursor: str, limit: int) -> Page[Order]:
    """A page of orders, the parts of which are read together."""
    rows = keyset.page(connection, statement, order, cursor, limit, lambda row: row)
    parts: dict[str, list[Row[Any]]] = defaultdict(list)
    for part in connection.execute(_PARTS_OF_ORDERS, {"order_ids": [row.order_id for row in rows.items]}):
        parts[part.order_id].append(part)
    shown = [
        _to_order(PlacedOrder(row, _ITEMS.decode(row.items), _parts(row, parts[row.order_id]))) for row in rows.items
    ]
    return Page(items=shown, next_cursor=rows.next_cursor)


def _with_parts(connection: Connection, row: Row[Any]) -> PlacedOrder:
    """An order with its parts; those of an order with one seller are in its row."""
    items = _ITEMS.decode(row.items)
    sellers = {item.seller_id for item in items}
    if len(sellers) > 1:
        return PlacedOrder(row, items, _parts(row, fetch(connection, _PARTS_OF_ORDER, {"order_id": row.order_id})))
    status, amount = OrderStatus(row.status), from_cents(row.amount)
    return PlacedOrder(
        row, items, [OrderPart(seller_id=sellers.pop(), status=status, amount=amount, reason=row.reason)]
    )


def _parts(row: Row[Any], parts: Iterable[Row[Any]]) -> list[OrderPart]:
    return [
        OrderPart(
            seller_id=part.seller_id,
            status=OrderStatus(part.status or row.status),
            amount=from_cents(part.amount),
            reason=row.reason if part.reason is None else part.reason,
        )
        for part in parts
    ]


def _to_order(order: PlacedOrder, history: Iterable[Row[Any]] = ()) -> Order:
    row = order.row
    return Order(
        order_id=row.order_id,
        user_id=row.user_id,
        status=OrderStatus(row.status),
        reason=row.reason,
        items=order.items,
        amount=from_cents(row.amount),
        currency=row.currency,
        payment_method=row.payment_method,
        created_at=rfc3339(from_microseconds(row.created_at)),
        updated_at=rfc3339(from_microseconds(row.updated_at)),
        parts=order.parts,
        history=[_to_change(step) for step in history],
        returned_to_cart=OrderStatus.FAILED in {part.status for part in order.parts},
    )


def _to_change(step: Row[Any]) -> OrderChange:
    at = rfc3339(from_microseconds(step.at))
    return OrderChange(status=OrderStatus(step.status), reason=step.reason, at=at, seller_id=step.seller_id)
