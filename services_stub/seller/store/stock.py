"""Statements on the stock of products, on the sellers' settings, and on notices."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, insert, select, update

from services_stub.contracts.http.page import Page
from services_stub.contracts.http.seller import StockNotice
from services_stub.contracts.times import from_microseconds, rfc3339
from services_stub.runtime.sql import keyset
from services_stub.runtime.sql.database import InsertOrIgnore
from services_stub.runtime.sql.keyset import SortOrder
from services_stub.runtime.sql.prepared import fetch
from services_stub.runtime.sql.transaction import Transaction
from services_stub.seller.domain import DEFAULT_THRESHOLD, StockLevel
from services_stub.seller.store.tables import notices, products, settings

_product = select(products).where(products.c.product_id == bindparam("of_product"))
_insert_product = insert(products)
_update_product = (
    update(products)
    .where(products.c.product_id == bindparam("of_product"))
    .values(level=bindparam("new_level"), deleted=bindparam("is_deleted"), version=bindparam("new_version"))
)
_threshold = select(settings.c.low_stock_threshold).where(settings.c.seller_id == bindparam("of_seller"))
_add_settings = InsertOrIgnore(settings)
_set_threshold = (
    update(settings)
    .where(settings.c.seller_id == bindparam("of_seller"))
    .values(low_stock_threshold=bindparam("new_threshold"))
)
_insert_notice = insert(notices)
_mark_read = (
    update(notices)
    .where(notices.c.seller_id == bindparam("of_seller"), notices.c.notice_id == bindparam("wanted"))
    .values(read=True)
    .returning(notices)
)
_mark_all_read = (
    update(notices).where(notices.c.seller_id == bindparam("of_seller"), notices.c.read.is_(False)).values(read=True)
)
_unread = (
    select(func.count())
    .select_from(notices)
    .where(notices.c.seller_id == bindparam("of_seller"), notices.c.read.is_(False))
)
# Identifiers sort by the time they were made.
_NEWEST_FIRST = SortOrder((notices.c.notice_id,), descending=True)


def find(transaction: Transaction, product_id: str) -> Any | None:
    """The `level` and `version` of a product and whether it is `deleted`; None where it is unknown."""
    rows = transaction.fetch(_product, {"of_product": product_id})
    return rows[0] if rows else None


def add(transaction: Transaction, product_id: str, level: StockLevel, version: int, *, deleted: bool = False) -> None:
    """Insert a product."""
    row = {"product_id": product_id, "level": int(level), "deleted": deleted, "version": version}
    transaction.write(_insert_product, row)


def replace(
    transaction: Transaction, product_id: str, level: StockLevel, version: int, *, deleted: bool = False
) -> None:
    """Update a product."""
    row = {"of_product": product_id, "new_level": int(level), "is_deleted": deleted, "new_version": version}
    transaction.write(_update_product, row)


def threshold_of(connection: Connection, seller_id: str) -> int:
    """The low-stock threshold of a seller, in units."""
    rows = fetch(connection, _threshold, {"of_seller": seller_id})
    return rows[0].low_stock_threshold if rows else DEFAULT_THRESHOLD


def set_threshold(transaction: Transaction, seller_id: str, threshold: int) -> None:
    """Keep the low-stock threshold of a seller."""
    if not transaction.write(_add_settings, {"seller_id": seller_id, "low_stock_threshold": threshold}):
        transaction.write(_set_threshold, {"of_seller": seller_id, "new_threshold": threshold})


def add_notice(transaction: Transaction, row: dict[str, Any]) -> None:
    """Insert a notice."""
    transaction.write(_insert_notice, row)


def notices_page(
    connection: Connection, seller_id: str, unread: bool | None, cursor: str, limit: int
) -> Page[StockNotice]:
    """A page of a seller's notices, newest first; only the unread or only the read ones unless `unread` is None.

    Raises:
        Refused: the cursor belongs to another list.
    """
    statement = select(notices).where(notices.c.seller_id == seller_id)
    if unread is not None:
        statement = statement.where(notices.c.read.is_(not unread))
    return keyset.page(connection, statement, _NEWEST_FIRST, cursor, limit, _to_notice)


def unread_count(connection: Connection, seller_id: str) -> int:
    """How many notices of a seller are unread."""
    count: int = connection.execute(_unread, {"of_seller": seller_id}).scalar_one()
    return count


def mark_read(transaction: Transaction, seller_id: str, notice_id: str) -> StockNotice | None:
    """Mark a notice of a seller as read; None where the seller has no such notice."""
    row = transaction.execute(_mark_read, {"of_seller": seller_id, "wanted": notice_id}).one_or_none()
    return None if row is None else _to_notice(row)


def mark_all_read(transaction: Transaction, seller_id: str) -> None:
    """Mark all notices of a seller as read."""
    transaction.execute(_mark_all_read, {"of_seller": seller_id})


def _to_notice(row: Row[Any]) -> StockNotice:
    return StockNotice(
        notice_id=row.notice_id,
        product_id=row.product_id,
        name=row.name,
        quantity=row.quantity,
        threshold=row.threshold,
        sold_out=row.sold_out,
        read=row.read,
        happened_at=rfc3339(from_microseconds(row.happened_at)),
    )
