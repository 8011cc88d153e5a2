"""Bodies of the seller service."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from services_stub.contracts.base import Body, Id, Request
from services_stub.contracts.events.order import OrderStatus
from services_stub.contracts.money import Money

HIGHEST_THRESHOLD = 1_000_000


class StockNotice(Body, frozen=True, kw_only=True):
    """The stock of an own product fell to the threshold or below, or to nothing (`sold_out`).

    `quantity` is what could still be bought then, in units; `happened_at` is RFC 3339 in UTC, in event time.
    """

    notice_id: Id
    product_id: Id
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


class SoldItem(Body, frozen=True, kw_only=True):
    """The units of one product in a sale, and what they cost together."""

    product_id: Id
    name: str
    units: int
    amount: Money


class Sale(Body, frozen=True, kw_only=True):
    """The seller's part of one order. The amounts of its items add up to `amount`.

    `placed_at` and `changed_at` are RFC 3339 in UTC, in event time: when the order was placed, and when the part got
    its status.
    """

    order_id: Id
    status: OrderStatus
    amount: Money
    units: int
    placed_at: str
    changed_at: str
    items: list[SoldItem]


class SaleCounts(Body, frozen=True, kw_only=True):
    """How many sales there are, in all and by status. All but `all` add up to it.

    `open` is PENDING (not paid yet) and `to_ship` is PAID; the others are called like their status.
    """

    all: int
    open: int
    to_ship: int
    shipped: int
    delivered: int
    failed: int
    cancelled: int
    refunding: int
    refunded: int


class SalesPoint(Body, frozen=True, kw_only=True):
    """The sales of the orders that were placed in one hour or day, which begins at `start` (RFC 3339 in UTC)."""

    start: str
    sales: int
    revenue: Money
    units: int
    refunded: Money


class TopProduct(Body, frozen=True, kw_only=True):
    """A product's share of the revenue and of the units sold."""

    product_id: Id
    name: str
    revenue: Money
    units: int


class SalesPage(Body, frozen=True, kw_only=True):
    """A page of sales, those of the newest orders first, as they were at `position`."""

    items: list[Sale]
    position: int
    next_cursor: str | None = None


class Dashboard(Body, frozen=True, kw_only=True):
    """A seller's sales at one moment: numbers, and the list that adds up to them.

    `revenue` and `units` are those of the sales that are PAID, SHIPPED or DELIVERED. `refunded` is the amount of those
    that are REFUNDED; their units are not among `units`.

    `sales` is the first page of the sales behind these numbers. `GET /api/sales` has the further pages as long as it is
    asked with the same `position` and period: they add up to this answer, whatever is sold meanwhile.

    `series` has a point for each hour or day with sales, by the time at which the order was placed. The points add up
    to the numbers, too. `top_products` are the ten with the most revenue.

    `read_up_to` is the time of the newest event that the answer takes into account (RFC 3339 in UTC), None where there
    was none. An event that it does not take into account happened at most `staleness_seconds` before the answer: 0
    where none waits, however long ago the last one was, and None where that is not known.
    """

    seller_id: Id
    currency: str
    revenue: Money
    units: int
    refunded: Money
    counts: SaleCounts
    series: list[SalesPoint]
    top_products: list[TopProduct]
    sales: SalesPage
    read_up_to: str | None
    staleness_seconds: float | None
