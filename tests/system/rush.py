"""Shoppers who buy one product all the time while its seller is blocked, and the check of what became of it."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from services_stub.client import MarketplaceClient
from services_stub.client.errors import MarketplaceError
from services_stub.contracts.events.order import OrderStatus
from services_stub.contracts.http.order import Order
from services_stub.contracts.http.page import Page
from services_stub.contracts.http.payment import Payment, PaymentStatus
from services_stub.contracts.http.product import Product
from tests.system.accounts import GOOD_CARD
from tests.waiting import eventually

STOCK = 100_000
ENDED = {OrderStatus.CANCELLED, OrderStatus.REFUNDED}
GIVEN_BACK = {PaymentStatus.REFUNDED, PaymentStatus.VOIDED}
T = TypeVar("T")


@dataclass
class Rush:
    """Shoppers who buy the same product, one unit an order; `attempts` counts what they began."""

    shoppers: list[MarketplaceClient]
    product: Product
    over: asyncio.Event = field(default_factory=asyncio.Event)
    attempts: int = 0

    async def buy_all_the_time(self, shopper: MarketplaceClient) -> None:
        """Buy until the rush is over; a refusal is a reason to try again."""
        while not self.over.is_set():
            self.attempts += 1
            try:
                await shopper.cart.add(self.product.product_id)
                await shopper.orders.place(GOOD_CARD)
            except MarketplaceError:
                await asyncio.sleep(0)

    async def goes_on(self, attempts: int, *, until: float = 0.0) -> None:
        """Wait for further attempts, and for a moment of `time.monotonic()`."""
        target = self.attempts + attempts

        async def reached() -> bool:
            return self.attempts >= target and time.monotonic() >= until

        await eventually(reached, seconds=60, what=f"{attempts} attempts to buy")

    async def has_sold_since(self, moment: datetime) -> bool:
        """Whether an order that was placed at this moment or later is paid."""
        newest = [await shopper.orders.list(status=OrderStatus.PAID, limit=1) for shopper in self.shoppers]
        return any(placed_since(order, moment) for page in newest for order in page.items)

    async def orders(self) -> list[Order]:
        """Everything that was ordered, also where the answer got lost."""
        return [order for shopper in self.shoppers for order in await _all(shopper.orders.list)]

    async def payments(self) -> dict[str, Payment]:
        """The payments that there are, by their orders."""
        found = [payment for shopper in self.shoppers for payment in await _all(shopper.payments.list)]
        return {payment.order_id: payment for payment in found}


def placed_since(order: Order, moment: datetime) -> bool:
    """Whether an order was placed at this moment or later."""
    return datetime.fromisoformat(order.created_at) >= moment


async def check_books(rush: Rush, acknowledged: datetime, boss: MarketplaceClient, *, seconds: float = 30.0) -> None:
    """Orders placed after the acknowledgement end without money; the stock and the money of those before it agree.

    Raises:
        AssertionError: that is not so within `seconds`; it names the orders, or the stock.

    """

    async def wrong_orders() -> list[tuple[str, ...]]:
        payments = await rush.payments()
        found = [(order, payments.get(order.order_id)) for order in await rush.orders()]
        return [
            (order.order_id, order.created_at, order.status, payment.status if payment else "not heard of")
            for order, payment in found
            if not _is_right(order, payment, acknowledged)
        ]

    async def units() -> tuple[int, int, int]:
        (product,) = (await boss.admin.products(rush.product.name)).items
        return (
            product.quantity,
            product.reserved,
            sum(order.status is OrderStatus.PAID for order in await rush.orders()),
        )

    async def balanced() -> bool:
        in_stock, reserved, sold = await units()
        return (in_stock + sold, reserved) == (STOCK, 0) and not await wrong_orders()

    with contextlib.suppress(AssertionError):
        await eventually(balanced, seconds=seconds)
    assert await rush.orders()
    wrong = await wrong_orders()
    assert not wrong, f"{len(wrong)} orders did not end as they must, acknowledged {acknowledged}: {wrong[:10]}"
    in_stock, reserved, sold = await units()
    assert (in_stock, reserved) == (STOCK - sold, 0), f"{in_stock} units in stock, {reserved} reserved, {sold} sold"


def _is_right(order: Order, payment: Payment | None, acknowledged: datetime) -> bool:
    """Whether an order is charged and kept, or ended and given back, as the time of its placing demands."""
    if payment is None:  # Payment has not heard of the order yet.
        return False
    kept = order.status is OrderStatus.PAID and payment.status is PaymentStatus.CHARGED
    given_back = order.status in ENDED and payment.status in GIVEN_BACK
    return given_back or (kept and not placed_since(order, acknowledged))


async def _all(read: Callable[..., Awaitable[Page[T]]]) -> list[T]:
    """The items of all pages of a list."""
    page = await read(limit=100)
    items = list(page.items)
    while page.next_cursor is not None:
        page = await read(cursor=page.next_cursor, limit=100)
        items += page.items
    return items
