"""The statements behind the answers. All of an answer is read in one transaction, and so from one snapshot."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select

from services_stub.analytics.domain import AMOUNTS, CURRENCY, STEPS, WEIGHT_UNIT, Metric, Resolution, first_kept
from services_stub.analytics.store.tables import products, progress, sales, steps, totals
from services_stub.contracts.http.analytics import (
    CategorySales,
    FailureCount,
    Funnel,
    ProductSales,
    Refunds,
    Revenue,
    SellerCounts,
    SellerSales,
    Series,
    SeriesPoint,
    Summary,
    TopicCounted,
)
from services_stub.contracts.http.gateway import TopicProgress
from services_stub.contracts.money import BILLION, from_cents
from services_stub.contracts.times import from_microseconds, rfc3339

MOST_REASONS = 100

Lag = Mapping[str, TopicProgress | None]
"""How far each topic was read before the snapshot was taken, so that the snapshot is no further behind."""

_SECOND = 1_000_000
_NOTHING = [0] * len(Metric)


def summary(connection: Connection, lag: Lag, top: int) -> Summary:
    """The summary, with `top` entries in each of its lists of sales."""
    numbers: dict[str, dict[str, int]] = defaultdict(dict)
    cents: dict[str, int] = defaultdict(int)
    for row in connection.execute(select(totals).order_by(totals.c.name, totals.c.label)):
        if row.number:
            numbers[row.name][row.label] = row.number
        cents[row.name] += _whole(row)
    charged, refunded = cents["charged"], cents["refunded"]
    sold = _sold_by_seller_and_category(connection)
    failed = sorted(numbers["failed"].items(), key=lambda entry: (-entry[1], entry[0]))
    return Summary(
        users=numbers["users"],
        sellers=SellerCounts(active=numbers["sellers"].get("active", 0), blocked=numbers["sellers"].get("blocked", 0)),
        products=numbers["products"],
        orders=numbers["orders"],
        revenue=Revenue(
            currency=CURRENCY,
            charged=from_cents(charged),
            refunded=from_cents(refunded),
            net=from_cents(charged - refunded),
        ),
        failed_payments=[FailureCount(reason=reason, payments=number) for reason, number in failed[:MOST_REASONS]],
        refunds=Refunds(count=numbers["refunded"].get("", 0), amount=from_cents(refunded)),
        funnel=Funnel(
            viewed=_estimate(numbers["viewed"].get("", 0)),
            added=_estimate(numbers["added"].get("", 0)),
            placed=numbers["placed"].get("", 0),
            charged=numbers["charged"].get("", 0),
        ),
        top_products=_top_products(connection, top),
        top_sellers=[
            SellerSales(seller_id=label, units=units, revenue=from_cents(cents))
            for label, units, cents in _top(sold, "seller_id", top)
        ],
        top_categories=[
            CategorySales(category=label, units=units, revenue=from_cents(cents))
            for label, units, cents in _top(sold, "category", top)
        ],
        progress=_progress(connection, lag),
    )


def series(connection: Connection, lag: Lag, resolution: Resolution, points: int, at: datetime) -> Series:
    """The last `points` steps up to the one of `at`, those without an event, too; no more than are kept."""
    step, seconds = STEPS[resolution]
    now = int(at.timestamp())
    present = now // step * step
    first = max(first_kept(resolution, now), present - (points - 1) * step)
    shown = steps.c.start.between(first, present)
    rows = connection.execute(select(steps).where(steps.c.resolution == resolution, shown))
    found = {row.start: _values(row) for row in rows}
    return Series(
        step_seconds=step,
        kept_seconds=seconds,
        points=[_point(start, found.get(start, _NOTHING)) for start in range(first, present + 1, step)],
        progress=_progress(connection, lag),
    )


def _values(row: Row[Any]) -> list[int]:
    """The values of a step, by `Metric`."""
    columns = list(row)[2:]
    values, billions = columns[: len(Metric)], columns[len(Metric) :]
    for metric, more in zip(AMOUNTS, billions, strict=True):
        values[metric] += more * BILLION
    return values


def _point(start: int, values: list[int]) -> SeriesPoint:
    return SeriesPoint(
        start=rfc3339(from_microseconds(start * _SECOND)),
        users=values[Metric.USERS],
        viewed=_estimate(values[Metric.VIEWED]),
        added=_estimate(values[Metric.ADDED]),
        placed=values[Metric.PLACED],
        ordered=from_cents(values[Metric.ORDERED_CENTS]),
        charged=values[Metric.CHARGED],
        revenue=from_cents(values[Metric.CHARGED_CENTS]),
        failed=values[Metric.FAILED],
        refunds=values[Metric.REFUNDS],
        refunded=from_cents(values[Metric.REFUNDED_CENTS]),
    )


def _top_products(connection: Connection, top: int) -> list[ProductSales]:
    # The best are found before anything is joined: of many products that is most of the work.
    most = (sales.c.billions + sales.c.cents / BILLION, sales.c.cents % BILLION)
    dearest = [column.desc() for column in most]
    best = select(sales).where(sales.c.units > 0).order_by(*dearest, sales.c.product_id).limit(top)
    chosen = best.subquery()
    statement = select(chosen, products.c.seller_id, products.c.name, products.c.category).select_from(
        chosen.outerjoin(products, chosen.c.product_id == products.c.product_id)
    )
    rows = sorted(connection.execute(statement), key=lambda row: (-_whole(row), row.product_id))
    return [
        ProductSales(
            product_id=row.product_id,
            seller_id=row.seller_id or "",
            name=row.name or "",
            category=row.category or "",
            units=row.units,
            revenue=from_cents(_whole(row)),
            viewed=_estimate(row.viewed),
        )
        for row in rows
    ]


def _sold_by_seller_and_category(connection: Connection) -> list[Row[Any]]:
    seller_id, category = func.coalesce(products.c.seller_id, ""), func.coalesce(products.c.category, "")
    statement = (
        select(
            seller_id.label("seller_id"),
            category.label("category"),
            func.sum(sales.c.units).label("units"),
            func.sum(sales.c.billions).label("billions"),
            func.sum(sales.c.cents).label("cents"),
        )
        .select_from(sales.outerjoin(products, sales.c.product_id == products.c.product_id))
        .where(sales.c.units > 0)
        .group_by(seller_id, category)
    )
    return list(connection.execute(statement))


def _top(sold: list[Row[Any]], column: str, top: int) -> list[tuple[str, int, int]]:
    """The labels in a column with the most cents, with units and cents."""
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for row in sold:
        found = sums[getattr(row, column)]
        found[0] += int(row.units)
        found[1] += _whole(row)
    ordered = sorted(sums.items(), key=lambda entry: (-entry[1][1], entry[0]))
    return [(label, units, cents) for label, (units, cents) in ordered[:top]]


def _progress(connection: Connection, lag: Lag) -> list[TopicCounted]:
    known = {row.topic: row for row in connection.execute(select(progress))}
    return [
        TopicCounted(
            topic=topic,
            events=known[topic].events if topic in known else 0,
            newest_event_at=rfc3339(from_microseconds(known[topic].newest_event_at)) if topic in known else None,
            lag_records=behind.lag_records if behind else None,
            staleness_seconds=behind.staleness_seconds if behind else None,
        )
        for topic, behind in lag.items()
    ]


def _whole(row: Row[Any]) -> int:
    """The cents of a sum of amounts."""
    return int(row.billions) * BILLION + int(row.cents)


def _estimate(weights: int) -> int:
    """A number that is estimated by the sum of weights, in thousandths."""
    return (weights + WEIGHT_UNIT // 2) // WEIGHT_UNIT
