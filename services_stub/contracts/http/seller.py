"""Bodies of the seller service."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from services_stub.contracts.base import Body, Request

HIGHEST_THRESHOLD = 1_000_000


class StockNotice(Body, frozen=True, kw_only=True):
    """The stock of an own product fell to the threshold or below, or to nothing (`sold_out`).

    `quantity` is what could still be bought then, in units; `happened_at` is RFC 3339 in UTC, in event time.
    """

    notice_id: str
    product_id: str
    name: str
    quantity: int
    threshold: int
    sold_out: bool
    read: bool
    happened_at: str


class StockNotices(Body, frozen=True, kw_only=True):
    """A page of the own notices, newest first, and how many of all are unread."""

    items: list[StockNotice]
    unread: int
    next_cursor: str | None = None


class SellerSettings(Request, frozen=True, kw_only=True):
    """A seller's settings. Stock of `low_stock_threshold` units or fewer is low; 0 tells of sold-out products alone.

    A new threshold holds for the changes of stock that follow it.
    """

    low_stock_threshold: Annotated[int, Meta(ge=0, le=HIGHEST_THRESHOLD)]
