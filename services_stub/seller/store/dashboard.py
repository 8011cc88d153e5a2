"""Reading the sales: the numbers now, and the list that adds up to them, now or as it was at a position.

All of an answer is read in one transaction. The sums change in the transaction of the rows that the list shows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Row, Table, func, select

from services_stub.contracts.events.order import OrderStatus
from services_stub.contracts.http.page import DEFAULT_PAGE
from services_stub.contracts.http.seller import (
    Dashboard,
    Sale,
    SaleCounts,
    SalesPage,
    SalesPoint,
    SoldItem,
    TopProduct,
)
from services_stub.contracts.money import BILLION, from_cents
from services_stub.contracts.problem import FieldError
from services_stub.contracts.times import from_microseconds, rfc3339
from services_stub.runtime.errors import Refused
from services_stub.runtime.sql import keyset
from services_stub.runtime.sql.keyset import SortOrder
from services_stub.seller.domain import CURRENCY, HOUR, SOLD
from services_stub.seller.store.tables import items, progress, sales, sales_by_hour, sold_by_hour

Interval = Literal["hour", "day"]
_HOURS: dict[Interval, int] = {"hour": 1, "day": 24}
MOST_POINTS = 1000
MOST_TOP_PRODUCTS = 10

_SUMMED = ("sales", "units", "billions", "cents")
_NEWEST_FIRST = SortOrder((sales.c.placed_at, sales.c.order_id), descending=True)


@dataclass(frozen=True, kw_only=True)
class SalesQuery:
    """Which sales of a seller: those of orders placed from `start` up to but without `end`, whole hours of Unix time.

    As they were at `position`, or now where that is None.
    """

    seller_id: str
    start: int | None = None
    end: int | None = None
    position: int | None = None
    cursor: str = ""
    limit: int = DEFAULT_PAGE


def read_dashboard(
    connection: Connection, query: SalesQuery, interval: Interval, staleness_seconds: float | None = None
) -> Dashboard:
    """The numbers of a seller with the first page of the sales behind them.

    `staleness_seconds` was true before the snapshot was taken, so that the snapshot is no further behind.

    Raises:
        Refused: the series would have too many points.
    """
    groups = _groups(connection, query, interval)
    series = _series(groups)
    total = _sum_of(groups)
    read_up_to = connection.execute(select(func.max(progress.c.event_at))).scalar_one()
    return Dashboard(
        seller_id=query.seller_id,
        currency=CURRENCY,
        revenue=from_cents(total.revenue_cents),
        units=total.units,
        refunded=from_cents(total.refunded_cents),
        counts=_counts(groups),
        series=series,
        top_products=_top_products(connection, query),
        sales=read_sales(connection, query),
        read_up_to=None if read_up_to is None else rfc3339(from_microseconds(read_up_to)),
        staleness_seconds=staleness_seconds,
    )


def read_sales(connection: Connection, query: SalesQuery) -> SalesPage:
    """A page of the sales of a seller.

    Raises:
        Refused: the position is none, or the cursor belongs to another list.
    """
    position = _position(connection, query)
    statement = select(sales).where(
        sales.c.seller_id == query.seller_id, sales.c.number <= position, sales.c.replaced_by > position
    )
    if query.start is not None:
        statement = statement.where(sales.c.placed_at >= query.start * HOUR)
    if query.end is not None:
        statement = statement.where(sales.c.placed_at < query.end * HOUR)
    page = keyset.page(connection, statement, _NEWEST_FIRST, query.cursor, query.limit, lambda row: row)
    sold = _items_of(connection, query.seller_id, [row.order_id for row in page.items])
    listed = [_to_sale(row, sold[row.order_id]) for row in page.items]
    return SalesPage(items=listed, position=position, next_cursor=page.next_cursor)


@dataclass(frozen=True)
class _Group:
    """The sales of one status that were placed in one hour or day, and what they are together."""

    start: int
    status: str
    sales: int
    cents: int
    units: int

    @property
    def revenue_cents(self) -> int:
        return self.cents if self.status in SOLD else 0

    @property
    def units_sold(self) -> int:
        return self.units if self.status in SOLD else 0

    @property
    def refunded_cents(self) -> int:
        return self.cents if self.status == OrderStatus.REFUNDED else 0


@dataclass(frozen=True)
class _Sum:
    sales: int
    revenue_cents: int
    units: int
    refunded_cents: int


def _position(connection: Connection, query: SalesQuery) -> int:
    newest: int = connection.execute(select(func.max(sales.c.number))).scalar_one() or 0
    if query.position is None:
        return newest
    if query.position > newest:
        message = f"`position` is none of an answer: the newest one is {newest}"
        raise Refused(400, "invalid-input", message, errors=[FieldError(field="position", message=message)])
    return query.position


def _in_period(query: SalesQuery, table: Table) -> list[ColumnElement[bool]]:
    chosen = [table.c.seller_id == query.seller_id]
    if query.start is not None:
        chosen.append(table.c.hour >= query.start)
    if query.end is not None:
        chosen.append(table.c.hour < query.end)
    return chosen


def _groups(connection: Connection, query: SalesQuery, interval: Interval) -> list[_Group]:
    hours = _HOURS[interval]
    number, units, billions, cents = (func.sum(sales_by_hour.c[name]) for name in _SUMMED)
    start = (sales_by_hour.c.hour // hours).label("start")
    statement = (
        select(start, sales_by_hour.c.status, number, units, billions, cents)
        .where(*_in_period(query, sales_by_hour))
        .group_by(start, sales_by_hour.c.status)
        .having(number > 0)
        .order_by(start)
    )
    return [
        _Group(start * hours * HOUR, status, int(number), int(billions) * BILLION + int(cents), int(units))
        for start, status, number, units, billions, cents in connection.execute(statement)
    ]


def _series(groups: Iterable[_Group]) -> list[SalesPoint]:
    by_start: dict[int, list[_Group]] = defaultdict(list)
    for group in groups:
        by_start[group.start].append(group)
    if len(by_start) > MOST_POINTS:
        message = f"{len(by_start)} points are too many: ask for days, or a period by `placedFrom` and `placedTo`"
        raise Refused(400, "invalid-input", message, errors=[FieldError(field="interval", message=message)])
    return [_point(start, _sum_of(together)) for start, together in by_start.items()]


def _point(start: int, together: _Sum) -> SalesPoint:
    return SalesPoint(
        start=rfc3339(from_microseconds(start)),
        sales=together.sales,
        revenue=from_cents(together.revenue_cents),
        units=together.units,
        refunded=from_cents(together.refunded_cents),
    )


def _sum_of(groups: Sequence[_Group]) -> _Sum:
    return _Sum(
        sum(group.sales for group in groups),
        sum(group.revenue_cents for group in groups),
        sum(group.units_sold for group in groups),
        sum(group.refunded_cents for group in groups),
    )


def _counts(groups: Iterable[_Group]) -> SaleCounts:
    number: dict[str, int] = defaultdict(int)
    for group in groups:
        number[group.status] += group.sales
    return SaleCounts(
        all=sum(number.values()),
        open=number["PENDING"],
        to_ship=number["PAID"],
        shipped=number["SHIPPED"],
        delivered=number["DELIVERED"],
        failed=number["FAILED"],
        cancelled=number["CANCELLED"],
        refunding=number["REFUNDING"],
        refunded=number["REFUNDED"],
    )


def _top_products(connection: Connection, query: SalesQuery) -> list[TopProduct]:
    units, billions, cents = (func.sum(sold_by_hour.c[name]) for name in _SUMMED[1:])
    statement = (
        select(sold_by_hour.c.product_id, func.max(sold_by_hour.c.name), units, billions, cents)
        .where(*_in_period(query, sold_by_hour))
        .group_by(sold_by_hour.c.product_id)
        .having(units > 0)
    )
    found = [
        (int(billions) * BILLION + int(cents), product_id, name, int(units))
        for product_id, name, units, billions, cents in connection.execute(statement)
    ]
    most = sorted(found, key=lambda each: (-each[0], each[1]))[:MOST_TOP_PRODUCTS]
    return [
        TopProduct(product_id=product_id, name=name, revenue=from_cents(cents), units=units)
        for cents, product_id, name, units in most
    ]


def _items_of(connection: Connection, seller_id: str, order_ids: Sequence[str]) -> dict[str, list[SoldItem]]:
    statement = select(items).where(items.c.order_id.in_(order_ids), items.c.seller_id == seller_id)
    found: dict[str, list[SoldItem]] = defaultdict(list)
    for row in connection.execute(statement.order_by(items.c.product_id)):
        found[row.order_id].append(
            SoldItem(product_id=row.product_id, name=row.name, units=row.units, amount=from_cents(row.amount_cents))
        )
    return found


def _to_sale(row: Row[Any], sold: list[SoldItem]) -> Sale:
    return Sale(
        order_id=row.order_id,
        status=OrderStatus(row.status),
        amount=from_cents(row.amount_cents),
        units=row.units,
        placed_at=rfc3339(from_microseconds(row.placed_at)),
        changed_at=rfc3339(from_microseconds(row.changed_at)),
        items=sold,
    )
