"""A seller's sales as they were at one moment, and the own products beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal, TypeAlias

from marketplace_tui.model.marketplace import Marketplace
from marketplace_tui.model.resource import Resource
from marketplace_tui.model.seller_products import NEARLY_SOLD_OUT, state_of
from marketplace_tui.text.values import moment
from services_stub.contracts.events.order import OrderStatus
from services_stub.contracts.http.order import Order
from services_stub.contracts.http.page import LARGEST_PAGE
from services_stub.contracts.http.product import Product
from services_stub.contracts.http.seller import Dashboard, Sale, SalesPoint

Interval: TypeAlias = Literal["hour", "day"]

STEPS: dict[Interval, int] = {"hour": 24, "day": 30}
"""How many steps of the series are shown."""

LENGTHS: dict[Interval, timedelta] = {"hour": timedelta(hours=1), "day": timedelta(days=1)}

MOST_SALES = 300
"""Sales that wait for their seller are looked for among so many of the newest ones."""

MOST_PRODUCTS = 500
"""So many of the newest products are counted."""

WAITING = (OrderStatus.PAID, OrderStatus.SHIPPED)
"""The statuses of the sales that wait for their seller, the more urgent one first."""


@dataclass(frozen=True)
class Step:
    """One step of the series: when it began, and the revenue of the orders that were placed in it."""

    start: datetime
    revenue: Decimal


@dataclass(frozen=True)
class SalesSnapshot:
    """The dashboard, and the sales of the same moment that wait for their seller: those to ship first.

    `unseen` is how many further ones there are that lie behind `MOST_SALES` newer ones.
    """

    board: Dashboard
    interval: Interval
    waiting: tuple[Sale, ...]

    @property
    def unseen(self) -> int:
        """How many sales wait that are not among `waiting`."""
        return _waiting(self.board) - len(self.waiting)


@dataclass(frozen=True)
class Stock:
    """Own products, those with the fewest units first, and the threshold of low stock.

    `complete` says whether these are all of them.
    """

    products: tuple[Product, ...]
    threshold: int
    complete: bool

    @property
    def nearly_sold_out(self) -> int:
        """How many of the products are on sale and nearly sold out."""
        return sum(state_of(product, self.threshold) == NEARLY_SOLD_OUT for product in self.products)


class SalesModel:
    """The sales by hour or by day, and the stock."""

    def __init__(self, marketplace: Marketplace) -> None:
        self.interval: Interval = "day"
        self._marketplace = marketplace
        self.sales: Resource[SalesSnapshot] = Resource(self._read_sales, marketplace.tasks, marketplace.clock)
        self.stock: Resource[Stock] = Resource(self._read_stock, marketplace.tasks, marketplace.clock)

    def refresh(self) -> None:
        """Read both again."""
        self.sales.refresh()
        self.stock.refresh()

    def show_by(self, interval: Interval) -> None:
        """Have the series in other steps."""
        self.interval = interval
        self.sales.refresh()

    def sale(self, order_id: str) -> Sale | None:
        """A sale that waits for its seller."""
        waiting = self.sales.value.waiting if self.sales.value else ()
        return next((sale for sale in waiting if sale.order_id == order_id), None)

    def product(self, product_id: str) -> Product | None:
        """An own product."""
        products = self.stock.value.products if self.stock.value else ()
        return next((product for product in products if product.product_id == product_id), None)

    async def _read_sales(self) -> SalesSnapshot:
        ask, area, interval = self._marketplace.connection.ask, self._marketplace.client.seller, self.interval
        board = await ask(area.dashboard(interval=interval, limit=LARGEST_PAGE))
        page, read = board.sales, list(board.sales.items)
        waiting = sorted_waiting(read)
        while page.next_cursor is not None and len(read) < MOST_SALES and len(waiting) < _waiting(board):
            page = await ask(area.sales(position=page.position, cursor=page.next_cursor, limit=LARGEST_PAGE))
            read += page.items
            waiting = sorted_waiting(read)
        return SalesSnapshot(board, interval, waiting)

    async def _read_stock(self) -> Stock:
        ask, area = self._marketplace.connection.ask, self._marketplace.client.seller
        settings = await ask(area.settings())
        page = await ask(area.products(limit=LARGEST_PAGE))
        products = list(page.items)
        while page.next_cursor is not None and len(products) < MOST_PRODUCTS:
            page = await ask(area.products(cursor=page.next_cursor, limit=LARGEST_PAGE))
            products += page.items
        products.sort(key=lambda product: product.quantity)
        return Stock(tuple(products), settings.low_stock_threshold, page.next_cursor is None)


def sorted_waiting(sales: Sequence[Sale]) -> tuple[Sale, ...]:
    """The sales that wait for their seller: those to ship, then those on their way, each in their order."""
    return tuple(sale for status in WAITING for sale in sales if sale.status == status)


def steps(series: Sequence[SalesPoint], interval: Interval, now: datetime) -> list[Step]:
    """The last steps up to the present one, those without sales included, oldest first.

    Orders of a clock that is ahead of this one are not lost: then the newest point is the last step.
    """
    length = LENGTHS[interval]
    revenue = {moment(point.start): point.revenue for point in series}
    present = now.replace(minute=0, second=0, microsecond=0)
    if interval == "day":
        present = present.replace(hour=0)
    last = max([present, *revenue])
    starts = [last - length * back for back in reversed(range(STEPS[interval]))]
    return [Step(start, revenue.get(start, Decimal(0))) for start in starts]


def order_of(sale: Sale, currency: str) -> Order:
    """A sale as the order of which it is the own part, as far as a dashboard knows it."""
    return Order(
        order_id=sale.order_id,
        user_id="",
        status=sale.status,
        reason="",
        items=[],
        amount=sale.amount,
        currency=currency,
        payment_method="",
        created_at=sale.placed_at,
        updated_at=sale.changed_at,
    )


def _waiting(board: Dashboard) -> int:
    return board.counts.to_ship + board.counts.shipped
