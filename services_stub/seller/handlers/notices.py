"""A seller's own notices and settings."""

from __future__ import annotations

import msgspec
from sqlalchemy import Connection

from services_stub.contracts.http.page import DEFAULT_PAGE
from services_stub.contracts.http.seller import SellerSettings, StockNotice, StockNotices
from services_stub.runtime.errors import Refused
from services_stub.runtime.sql.transaction import Transaction
from services_stub.seller.store import stock


class MarkRead(msgspec.Struct, frozen=True):
    """Mark a notice as read by its seller."""

    seller_id: str
    notice_id: str


class ChangeSettings(msgspec.Struct, frozen=True):
    """Replace a seller's settings."""

    seller_id: str
    body: SellerSettings


def read_notices(
    connection: Connection, seller_id: str, unread: bool | None = None, cursor: str = "", limit: int = DEFAULT_PAGE
) -> StockNotices:
    """A page of the seller's notices, newest first."""
    page = stock.notices_page(connection, seller_id, unread, cursor, limit)
    return StockNotices(
        items=page.items, unread=stock.unread_count(connection, seller_id), next_cursor=page.next_cursor
    )


def mark_read(tx: Transaction, command: MarkRead) -> StockNotice:
    """Mark one of the seller's notices as read; doing so again changes nothing."""
    notice = stock.mark_read(tx, command.seller_id, command.notice_id)
    if notice is None:
        raise Refused(404, "notice-not-found", "there is no such notice")
    return notice


def mark_all_read(tx: Transaction, seller_id: str) -> StockNotices:
    """Mark all of the seller's notices as read."""
    stock.mark_all_read(tx, seller_id)
    return read_notices(tx.connection, seller_id)


def read_settings(connection: Connection, seller_id: str) -> SellerSettings:
    """The seller's settings."""
    return SellerSettings(low_stock_threshold=stock.threshold_of(connection, seller_id))


def change_settings(tx: Transaction, command: ChangeSettings) -> SellerSettings:
    """Replace the seller's settings."""
    stock.set_threshold(tx, command.seller_id, command.body.low_stock_threshold)
    return command.body
