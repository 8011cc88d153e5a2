"""Bodies of the analytics service."""

from __future__ import annotations

from services_stub.contracts.base import Body, Id, OptionalId
from services_stub.contracts.money import Money


class TopicCounted(Body, frozen=True, kw_only=True):
    """How far a topic is counted. `newest_event_at` is in event time (RFC 3339 in UTC), None before the first event.

    `events` counts those that were read, repeated ones included. At most `lag_records` are not counted yet, of which
    the oldest is at most `staleness_seconds` old; both are None where that is not known.
    """

    topic: str
    events: int
    newest_event_at: str | None
    lag_records: int | None
    staleness_seconds: float | None


class SellerCounts(Body, frozen=True, kw_only=True):
    """How many sellers may sell, and how many are blocked."""

    active: int
    blocked: int


class Revenue(Body, frozen=True, kw_only=True):
    """The money that was charged, the part of it that was given back, and the rest."""

    currency: str
    charged: Money
    refunded: Money
    net: Money


class FailureCount(Body, frozen=True, kw_only=True):
    """A reason for which payments failed, and how many did."""

    reason: str
    payments: int


class Refunds(Body, frozen=True, kw_only=True):
    """How many refunds there were, each of a seller's part of an order or of a whole one, and their sum."""

    count: int
    amount: Money


class Funnel(Body, frozen=True, kw_only=True):
    """How many product views, additions to carts, orders placed and orders charged there were.

    `viewed` and `added` are estimates: they are counted from a sample.
    """

    viewed: int
    added: int
    placed: int
    charged: int


class ProductSales(Body, frozen=True, kw_only=True):
    """The sales of a product, in parts of orders that are paid, shipped or delivered. `viewed` is an estimate."""

    product_id: Id
    seller_id: OptionalId
    name: str
    category: str
    units: int
    revenue: Money
    viewed: int


class SellerSales(Body, frozen=True, kw_only=True):
    """The sales of a seller."""

    seller_id: OptionalId
    units: int
    revenue: Money


class CategorySales(Body, frozen=True, kw_only=True):
    """The sales in a category, by the present category of each product; empty where that is not known."""

    category: str
    units: int
    revenue: Money


class Summary(Body, frozen=True, kw_only=True):
    """The marketplace as a whole, of one moment.

    Users by role, products and orders by status; failures with the most payments first, at most a hundred reasons. The
    top lists begin with the highest revenue. `progress` says how far each topic is read.
    """

    users: dict[str, int]
    sellers: SellerCounts
    products: dict[str, int]
    orders: dict[str, int]
    revenue: Revenue
    failed_payments: list[FailureCount]
    refunds: Refunds
    funnel: Funnel
    top_products: list[ProductSales]
    top_sellers: list[SellerSales]
    top_categories: list[CategorySales]
    progress: list[TopicCounted]


class SeriesPoint(Body, frozen=True, kw_only=True):
    """One step in numbers, from `start` (RFC 3339 in UTC) on. `viewed` and `added` are estimates."""

    start: str
    users: int
    viewed: int
    added: int
    placed: int
    ordered: Money
    charged: int
    revenue: Money
    failed: int
    refunds: int
    refunded: Money


class Series(Body, frozen=True, kw_only=True):
    """Points in steps of `step_seconds`, oldest first; the last one is the present step, which goes on.

    Events count where they happened, not where they were read. `kept_seconds` is how far back points are kept.
    """

    step_seconds: int
    kept_seconds: int
    points: list[SeriesPoint]
    progress: list[TopicCounted]
