"""Shoppers buy all the time while the marketplace is disturbed, and then the books are checked."""

from __future__ import annotations

import asyncio
import random
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, TypeVar

from services_stub.client import MarketplaceClient
from services_stub.client.errors import OutcomeUnknown, ServerFault, Unreachable
from services_stub.contracts.events.order import OrderStatus
from services_stub.contracts.http.order import Order
from services_stub.contracts.http.payment import PaymentStatus
from services_stub.contracts.http.product import Product
from services_stub.runtime.identifiers import new_id
from tests.system.accounts import DECLINED_CARD, GOOD_CARD, new_person, new_product
from tests.system.log import once, read_topics
from tests.system.marketplace import Marketplace
from tests.waiting import eventually

SHOPPERS = 20
PRODUCTS = 10
STOCK = 100_000
ENDS = {OrderStatus.PAID, OrderStatus.FAILED, OrderStatus.CANCELLED}
T = TypeVar("T")

AWAY = (Unreachable, OutcomeUnknown, ServerFault)


@dataclass
class PurchaseRun:
    """The people, the products, and every order that a shopper got an answer about."""

    marketplace: Marketplace
    seller: MarketplaceClient
    shoppers: list[MarketplaceClient]
    products: list[Product]
    orders: dict[str, MarketplaceClient] = field(default_factory=dict)


async def prepare(marketplace: Marketplace) -> PurchaseRun:
    """Register a seller with products, and the shoppers."""
    seller = await new_person(marketplace, "seller")
    products = [await new_product(seller, quantity=STOCK, name=f"Thing {n}") for n in range(PRODUCTS)]
    shoppers = [await new_person(marketplace) for _ in range(SHOPPERS)]
    return PurchaseRun(marketplace, seller, shoppers, products)


async def purchase_while(
    run: PurchaseRun, disturb: Callable[[], Coroutine[Any, Any, None]], *, purchases: int, seed: int
) -> None:
    """Buy at least `purchases` times, and for as long as `disturb` runs; then wait until every order has ended."""
    chance = random.Random(seed)
    disturbing = asyncio.create_task(disturb())

    def go_on() -> bool:
        return len(run.orders) < purchases or not disturbing.done()

    await asyncio.gather(*(_shop(run, shopper, random.Random(chance.random()), go_on) for shopper in run.shoppers))
    await disturbing


async def _shop(run: PurchaseRun, shopper: MarketplaceClient, chance: random.Random, go_on: Callable[[], bool]) -> None:
    while go_on():
        product, quantity = chance.choice(run.products), chance.randint(1, 3)
        card = DECLINED_CARD if chance.random() < 0.2 else GOOD_CARD
        key = new_id()
        await insist(lambda product=product, quantity=quantity: _put(shopper, product, quantity))  # type: ignore[misc]
        order = await insist(lambda card=card, key=key: shopper.orders.place(card, idempotency_key=key))  # type: ignore[misc]
        run.orders[order.order_id] = shopper
        await _ended(shopper, order.order_id)


async def _put(shopper: MarketplaceClient, product: Product, quantity: int) -> None:
    """Make the cart hold just this line, also after an answer that got lost."""
    cart = await shopper.cart.read()
    if not cart.lines:
        cart = await shopper.cart.add(product.product_id, quantity)
    lines = {line.product_id: line.quantity for line in cart.lines}
    if lines != {product.product_id: quantity}:
        await shopper.cart.clear()
        await _put(shopper, product, quantity)


async def insist(ask: Callable[[], Awaitable[T]], *, seconds: float = 60.0) -> T:
    """Ask until there is an answer that is no failure."""

    async def attempt() -> tuple[T] | None:
        try:
            return (await ask(),)
        except AWAY:
            return None

    answer = await eventually(attempt, seconds=seconds, what="an answer")
    assert answer is not None
    return answer[0]


async def _ended(shopper: MarketplaceClient, order_id: str) -> Order:
    async def ended() -> Order | None:
        order = await insist(lambda: shopper.orders.read(order_id))
        return order if order.status in ENDS else None

    order = await eventually(ended, seconds=90, what=f"the end of order {order_id}")
    assert order is not None
    return order


async def check_books(run: PurchaseRun, *, messages_in_log: bool = True, in_log: int = sys.maxsize) -> Counter[str]:
    """Every order has ended, was paid once if at all, stock adds up, and every message was sent once.

    The log may lack what is older than the newest `in_log` orders, and without `messages_in_log` any message.
    """
    orders = [await _ended(shopper, order_id) for order_id, shopper in run.orders.items()]
    newest = orders[-in_log:]
    await _check_payments(run, orders, {order.order_id for order in newest})
    await _check_stock(run, orders)
    if messages_in_log:
        await _check_messages(run, newest)
    await _check_inboxes(run, _messages_about(orders))
    await _check_sales(run, orders)
    return Counter(order.status.value for order in orders)


async def _check_payments(run: PurchaseRun, orders: list[Order], in_log: set[str]) -> None:
    paid = {order.order_id for order in orders if order.status == OrderStatus.PAID}
    charges: Counter[str] = Counter()

    def are_in_log() -> bool:
        log = read_topics(run.marketplace.bootstrap_servers, "payment-success")
        charges.clear()
        charges.update(entry.key for entry in once(log))
        return (paid & in_log) <= charges.keys()

    # What a log lost, its publisher sends again little by little.
    await eventually(lambda: asyncio.to_thread(are_in_log), seconds=30, what="the payments in the log")
    for order in orders:
        payment = await insist(lambda order=order: run.orders[order.order_id].payments.read(order.order_id))  # type: ignore[misc]
        assert (payment.status == PaymentStatus.CHARGED) == (order.order_id in paid), (order, payment)
        assert payment.amount == order.amount
        assert charges[order.order_id] <= (1 if order.order_id in paid else 0), order


async def _check_stock(run: PurchaseRun, orders: list[Order]) -> None:
    sold: Counter[str] = Counter()
    for order in orders:
        if order.status == OrderStatus.PAID:
            sold.update({item.product_id: item.quantity for item in order.items})

    async def adds_up() -> bool:
        found = {p.product_id: p for p in (await run.seller.seller.products(limit=100)).items}
        return all(
            (found[p.product_id].quantity, found[p.product_id].reserved) == (STOCK - sold[p.product_id], 0)
            for p in run.products
        )

    await eventually(lambda: insist(adds_up), what="the right stock")


async def _check_sales(run: PurchaseRun, orders: list[Order]) -> None:
    paid = [order for order in orders if order.status == OrderStatus.PAID]
    numbers = (sum(order.amount for order in paid), len(paid), len(orders))

    async def adds_up() -> bool:
        board = await run.seller.seller.dashboard()
        return (board.revenue, board.counts.to_ship, board.counts.all) == numbers

    await eventually(lambda: insist(adds_up), what="the right sales")


def _messages_about(orders: list[Order]) -> Counter[tuple[str, str]]:
    """The messages to the shoppers."""
    expected = Counter(("order-placed", order.order_id) for order in orders)
    for order in orders:
        if order.status == OrderStatus.PAID:
            expected["receipt", order.order_id] += 1
        if order.status == OrderStatus.FAILED:
            expected["payment-failed", order.order_id] += 1
    return expected


async def _check_messages(run: PurchaseRun, orders: list[Order]) -> None:
    to_seller = Counter(("sale", order.order_id) for order in orders if order.status == OrderStatus.PAID)
    to_all = _messages_about(orders) + to_seller
    ids = {order.order_id for order in orders}

    def sent() -> Counter[tuple[str, str]]:
        log = once(read_topics(run.marketplace.bootstrap_servers, "notification-sent"))
        values = [entry.value for entry in log]
        return Counter((v["template"], v["about"]) for v in values if v["about"] in ids)

    def all_are_sent_or_one_too_many() -> Counter[tuple[str, str]] | None:
        found = sent()
        return found if found == to_all or found - to_all else None

    assert await eventually(lambda: asyncio.to_thread(all_are_sent_or_one_too_many), what="messages") == to_all


async def _check_inboxes(run: PurchaseRun, expected: Counter[tuple[str, str]]) -> None:
    async def received() -> bool:
        inbox: Counter[tuple[str, str]] = Counter()
        for shopper in run.shoppers:
            cursor = ""
            while True:
                page = await shopper.notifications.list(cursor=cursor, limit=100)
                inbox.update((n.template, n.about) for n in page.items if n.about in run.orders)
                if page.next_cursor is None:
                    break
                cursor = page.next_cursor
        return inbox == expected

    await eventually(lambda: insist(received), what="the right messages")
