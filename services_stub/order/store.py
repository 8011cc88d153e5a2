"""The tables of the order service, the statements on them, and how rows read as orders.

Amounts are whole cents, times microseconds since 1970 in UTC. The items of an order never change, so they are one JSON
text; `order_sellers` says whose they are and how far each seller has come.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Row,
    Select,
    String,
    Table,
    Text,
    bindparam,
    insert,
    select,
    update,
)

from services_stub.contracts.events.order import OrderItem, OrderStatus
from services_stub.contracts.http.order import Order, OrderChange
from services_stub.contracts.http.page import Page
from services_stub.contracts.money import from_cents
from services_stub.contracts.times import from_microseconds, rfc3339, to_microseconds
from services_stub.runtime.sql import keyset
from services_stub.runtime.sql.database import InsertOrIgnore
from services_stub.runtime.sql.keyset import SortOrder
from services_stub.runtime.sql.prepared import fetch
from services_stub.runtime.sql.transaction import Transaction

TABLES = MetaData()

orders = Table(
    "orders",
    TABLES,
    Column("order_id", String, primary_key=True),
    Column("user_id", String, nullable=False),
    Column("status", String, nullable=False),
    Column("reason", Text, nullable=False),
    Column("items", Text, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("currency", String, nullable=False),
    Column("payment_method", String, nullable=False),
    Column("fingerprint", String, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Index("orders_of_user", "user_id", "created_at", "order_id"),
    Index("orders_by_age", "created_at", "order_id"),
)
order_sellers = Table(
    "order_sellers",
    TABLES,
    Column("order_id", String, ForeignKey("orders.order_id"), primary_key=True),
    Column("seller_id", String, primary_key=True),
    Column("created_at", BigInteger, nullable=False),
    Column("shipped_at", BigInteger),
    Column("delivered_at", BigInteger),
    Index("orders_of_seller", "seller_id", "created_at", "order_id"),
    sqlite_with_rowid=False,
)
order_history = Table(
    "order_history",
    TABLES,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("order_id", String, nullable=False, index=True),
    Column("status", String, nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
)
blocked_sellers = Table(
    "blocked_sellers",
    TABLES,
    Column("seller_id", String, primary_key=True),
    Column("blocked", Boolean, nullable=False),
    Column("since", BigInteger, nullable=False),
)

_INSERT_ORDER = InsertOrIgnore(orders)
_INSERT_SELLERS = insert(order_sellers)
_FIND_ORDER = select(orders).where(orders.c.order_id == bindparam("order_id"))
_UPDATE_STATUS = (
    update(orders)
    .where(orders.c.order_id == bindparam("of_order"))
    .values(status=bindparam("new_status"), reason=bindparam("new_reason"), updated_at=bindparam("now"))
)
_SELLERS_OF_ORDER = select(order_sellers).where(order_sellers.c.order_id == bindparam("order_id"))
_SHIP_ITEMS = (
    update(order_sellers)
    .where(order_sellers.c.order_id == bindparam("of_order"), order_sellers.c.seller_id == bindparam("of_seller"))
    .values(shipped_at=bindparam("now"))
)
_DELIVER_ITEMS = (
    update(order_sellers)
    .where(order_sellers.c.order_id == bindparam("of_order"), order_sellers.c.seller_id == bindparam("of_seller"))
    .values(delivered_at=bindparam("now"))
)
_IS_BLOCKED = select(blocked_sellers.c.seller_id).where(
    blocked_sellers.c.seller_id == bindparam("seller_id"), blocked_sellers.c.blocked
)
_BLOCKED_AMONG = select(blocked_sellers.c.seller_id).where(
    blocked_sellers.c.seller_id.in_(bindparam("seller_ids", expanding=True)), blocked_sellers.c.blocked
)
_PENDING_OF_SELLER = (
    select(orders)
    .join(order_sellers, order_sellers.c.order_id == orders.c.order_id)
    .where(order_sellers.c.seller_id == bindparam("seller_id"), orders.c.status == OrderStatus.PENDING)
)
_SELLER_BLOCK = select(blocked_sellers.c.since).where(blocked_sellers.c.seller_id == bindparam("seller_id"))
_INSERT_BLOCK = insert(blocked_sellers)
_CHANGE_BLOCK = (
    update(blocked_sellers)
    .where(blocked_sellers.c.seller_id == bindparam("of_seller"))
    .values(blocked=bindparam("is_blocked"), since=bindparam("from_now"))
)
_KNOWN_AMONG = select(orders.c.order_id).where(orders.c.order_id.in_(bindparam("order_ids", expanding=True)))

_HISTORY = select(order_history).where(order_history.c.order_id == bindparam("order_id")).order_by(order_history.c.id)

_NEWEST_FIRST = SortOrder((orders.c.created_at, orders.c.order_id), descending=True)
# By the seller's own columns, which an index has in this order.
_NEWEST_OF_SELLER_FIRST = SortOrder((order_sellers.c.created_at, order_sellers.c.order_id), descending=True)

_ITEMS = msgspec.json.Decoder(list[OrderItem])


def items_of(row: Row[Any]) -> list[OrderItem]:
    """The items of an order's row."""
    return _ITEMS.decode(row.items)


def to_order(row: Row[Any], history: Iterable[Row[Any]] = ()) -> Order:
    """An order's row, and the rows of its history, as the order that is shown."""
    return Order(
        order_id=row.order_id,
        user_id=row.user_id,
        status=OrderStatus(row.status),
        reason=row.reason,
        items=items_of(row),
        amount=from_cents(row.amount),
        currency=row.currency,
        payment_method=row.payment_method,
        created_at=rfc3339(from_microseconds(row.created_at)),
        updated_at=rfc3339(from_microseconds(row.updated_at)),
        history=[_to_change(step) for step in history],
    )


def _to_change(step: Row[Any]) -> OrderChange:
    at = rfc3339(from_microseconds(step.at))
    return OrderChange(status=OrderStatus(step.status), reason=step.reason, at=at)


def find_order(connection: Connection, order_id: str) -> Row[Any] | None:
    """The row of an order."""
    return next(iter(fetch(connection, _FIND_ORDER, {"order_id": order_id})), None)


def insert_order(tx: Transaction, row: dict[str, str | int]) -> bool:
    """Insert an order; False where there is one with its id already."""
    return tx.write(_INSERT_ORDER, row) == 1


def insert_sellers(tx: Transaction, order_id: str, seller_ids: list[str], now: int) -> None:
    """Note whose items an order has; nothing of it is shipped."""
    tx.write(
        _INSERT_SELLERS, *({"order_id": order_id, "seller_id": seller, "created_at": now} for seller in seller_ids)
    )


def update_status(tx: Transaction, order_id: str, status: OrderStatus, reason: str) -> None:
    """Set the status of an order, and its reason."""
    now = to_microseconds(tx.now)
    tx.write(_UPDATE_STATUS, {"of_order": order_id, "new_status": status, "new_reason": reason, "now": now})


def append_history(tx: Transaction, order_id: str, status: OrderStatus, reason: str) -> None:
    """Add a step to the history of an order."""
    row = {"order_id": order_id, "status": status, "reason": reason, "at": to_microseconds(tx.now)}
    tx.append(order_history, row)


def sellers_of_order(connection: Connection, order_id: str) -> list[Row[Any]]:
    """How far each seller of an order has come."""
    return list(connection.execute(_SELLERS_OF_ORDER, {"order_id": order_id}).all())


def set_shipped(tx: Transaction, order_id: str, seller_id: str) -> None:
    """The items of a seller are on their way."""
    now = to_microseconds(tx.now)
    tx.execute(_SHIP_ITEMS, {"of_order": order_id, "of_seller": seller_id, "now": now})


def set_delivered(tx: Transaction, order_id: str, seller_id: str) -> None:
    """The items of a seller have arrived."""
    now = to_microseconds(tx.now)
    tx.execute(_DELIVER_ITEMS, {"of_order": order_id, "of_seller": seller_id, "now": now})


def pending_of_seller(connection: Connection, seller_id: str) -> list[Row[Any]]:
    """The orders with items of a seller that are not paid yet."""
    return list(connection.execute(_PENDING_OF_SELLER, {"seller_id": seller_id}).all())


def set_block(tx: Transaction, seller_id: str, *, blocked: bool, since: int) -> bool:
    """Note that a seller is blocked, or not any more, since a time; False where something later is known."""
    known_since = tx.connection.scalar(_SELLER_BLOCK, {"seller_id": seller_id})
    if known_since is None:
        tx.execute(_INSERT_BLOCK, {"seller_id": seller_id, "blocked": blocked, "since": since})
        return True
    if since < known_since:
        return False
    tx.execute(_CHANGE_BLOCK, {"of_seller": seller_id, "is_blocked": blocked, "from_now": since})
    return True


def known_among(connection: Connection, order_ids: list[str]) -> set[str]:
    """Those of `order_ids` that are orders."""
    return set(connection.scalars(_KNOWN_AMONG, {"order_ids": order_ids}))


def blocked_among(connection: Connection, seller_ids: list[str]) -> set[str]:
    """Those of `seller_ids` that are blocked. Most orders have one seller, and an IN takes SQLAlchemy twice as long."""
    if len(seller_ids) == 1:
        rows = fetch(connection, _IS_BLOCKED, {"seller_id": seller_ids[0]})
    else:
        rows = list(connection.execute(_BLOCKED_AMONG, {"seller_ids": seller_ids}).all())
    return {row.seller_id for row in rows}


def with_history(connection: Connection, row: Row[Any]) -> Order:
    """An order's row with its history, oldest step first."""
    return to_order(row, connection.execute(_HISTORY, {"order_id": row.order_id}))


def orders_of_user(
    connection: Connection, user_id: str, status: OrderStatus | None, cursor: str, limit: int
) -> Page[Order]:
    """A page of a shopper's orders, newest first."""
    of_user = select(orders).where(orders.c.user_id == user_id)
    return keyset.page(connection, _having(status, of_user), _NEWEST_FIRST, cursor, limit, to_order)


def orders_of_seller(
    connection: Connection, seller_id: str, status: OrderStatus | None, cursor: str, limit: int
) -> Page[Order]:
    """A page of the orders with items of a seller, newest first."""
    joined = select(orders).join(order_sellers, order_sellers.c.order_id == orders.c.order_id)
    of_seller = joined.where(order_sellers.c.seller_id == seller_id)
    return keyset.page(connection, _having(status, of_seller), _NEWEST_OF_SELLER_FIRST, cursor, limit, to_order)


def all_orders(connection: Connection, status: OrderStatus | None, cursor: str, limit: int) -> Page[Order]:
    """A page of all orders, newest first."""
    return keyset.page(connection, _having(status, select(orders)), _NEWEST_FIRST, cursor, limit, to_order)


def _having(status: OrderStatus | None, statement: Select[Any]) -> Select[Any]:
    return statement if status is None else statement.where(orders.c.status == status)
