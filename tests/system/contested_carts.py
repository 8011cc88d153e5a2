"""Carts that are ordered several times at once, paid, cancelled, shipped and refunded; and their sums from outside.

A shopper has two sessions and a guest's cart, all of which reach for the same lines. What was put into each cart is
known, so that every unit can be found again: in one order, or in the cart.
"""

from __future__ import annotations

import asyncio
import random
import sqlite3
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from pathlib import Path

from services_stub.client import MarketplaceClient
from services_stub.client.errors import NotFound, RequestRefused
from services_stub.contracts.events.order import OrderStatus
from services_stub.contracts.http.order import Order
from services_stub.contracts.http.product import Product
from services_stub.contracts.money import ZERO
from services_stub.runtime.identifiers import new_id
from tests.system.accounts import DECLINED_CARD, GOOD_CARD, new_product
from tests.system.marketplace import PASSWORD, Marketplace
from tests.system.purchases_under_faults import insist

SELLERS = 3
PRODUCTS_OF_EACH = 3
STOCK = 10_000
AT_ONCE = 6
CARDS = (GOOD_CARD, GOOD_CARD, GOOD_CARD, DECLINED_CARD, "pm_card_slow")

S = OrderStatus
SOLD = {S.PAID, S.SHIPPED, S.DELIVERED}
ENDS = SOLD | {S.FAILED, S.CANCELLED, S.REFUNDED}


@dataclass
class Shopper:
    """One account with its two sessions; `put` are the units that went into its carts."""

    sessions: list[MarketplaceClient]
    put: Counter[str] = field(default_factory=Counter)
    merged: set[str] = field(default_factory=set)
    answers: dict[str, set[str]] = field(default_factory=dict)
    """The orders that each idempotency key was answered with."""

    @property
    def first(self) -> MarketplaceClient:
        return self.sessions[0]


@dataclass
class Contest:
    """The people and products of one run."""

    marketplace: Marketplace
    admin: MarketplaceClient
    sellers: dict[str, MarketplaceClient]
    products: list[Product]
    shoppers: list[Shopper]


async def begin(marketplace: Marketplace, admin: MarketplaceClient, chance: random.Random, shoppers: int) -> Contest:
    """Register everyone, and put the products into the shop."""
    sellers: dict[str, MarketplaceClient] = {}
    products: list[Product] = []
    for _ in range(SELLERS):
        seller = (await _sessions(marketplace, "seller", 1))[0]
        for number in range(PRODUCTS_OF_EACH):
            price = str(Decimal(chance.randint(1, 20_000)) / 100)
            products.append(await new_product(seller, quantity=STOCK, price=price, name=f"Thing {number}"))
        sellers[products[-1].seller_id] = seller
    found = [Shopper(await _sessions(marketplace, "user", 2)) for _ in range(shoppers)]
    return Contest(marketplace, admin, sellers, products, found)


async def _sessions(marketplace: Marketplace, role: str, number: int) -> list[MarketplaceClient]:
    email = f"{role}-{new_id()}@example.com"
    clients = [marketplace.client() for _ in range(number)]
    await clients[0].auth.register(email, PASSWORD, role="seller" if role == "seller" else "user")
    for client in clients:
        await client.auth.login(email, PASSWORD)
    return clients


async def contend(contest: Contest, chance: random.Random) -> None:
    """Let every shopper order at once from all sides, some shoppers at a time."""
    waiting = [(shopper, random.Random(chance.random())) for shopper in contest.shoppers]

    async def one_after_another() -> None:
        while waiting:
            await _shop(contest, *waiting.pop())

    await asyncio.gather(*(one_after_another() for _ in range(AT_ONCE)))


async def _shop(contest: Contest, shopper: Shopper, chance: random.Random) -> None:
    guest = contest.marketplace.client() if chance.random() < 0.6 else None
    await _fill(contest, shopper, shopper.first, chance)
    if guest is not None:
        await _fill(contest, shopper, guest, chance)
        shopper.merged |= {line.product_id for line in (await insist(guest.cart.read)).lines}
        guest.session.tokens = shopper.first.session.tokens
    keys = {new_id(): chance.choice(CARDS) for _ in range(chance.randint(1, 3))}
    acts = [
        _place(shopper, session, key, card)
        for key, card in keys.items()
        for session in chance.choices(shopper.sessions, k=chance.randint(1, 3))
    ]
    if guest is not None:
        acts += [_merge(guest), _merge(guest)]
    chance.shuffle(acts)
    await asyncio.gather(*acts)
    orders = {order_id for found in shopper.answers.values() for order_id in found}
    await asyncio.gather(*(_handle(contest, shopper, order_id, random.Random(chance.random())) for order_id in orders))
    if chance.random() < 0.5:  # what a merge or a failed payment has left
        await _place(shopper, shopper.sessions[1], new_id(), chance.choice(CARDS))


async def _fill(contest: Contest, shopper: Shopper, client: MarketplaceClient, chance: random.Random) -> None:
    """Put lines into a cart, so that it holds them for sure."""
    for product in chance.sample(contest.products, chance.randint(1, 4)):
        quantity = chance.randint(1, 3)
        await insist(partial(_set_line, client, product.product_id, quantity))
        shopper.put[product.product_id] += quantity


async def _set_line(client: MarketplaceClient, product_id: str, quantity: int) -> None:
    try:
        await client.cart.change(product_id, quantity)
    except NotFound:
        await client.cart.add(product_id, quantity)
        await client.cart.change(product_id, quantity)


async def _merge(guest: MarketplaceClient) -> None:
    """Merge the guest's cart, which the other merge may have done already."""

    async def merge() -> None:
        if guest.session.guest_id:
            await guest.cart.merge()

    await insist(merge)


async def _place(shopper: Shopper, session: MarketplaceClient, key: str, card: str) -> None:
    """Place the order of a key, until it is known whether there is one."""
    try:
        order = await insist(lambda: session.orders.place(card, idempotency_key=key))
    except RequestRefused as refused:
        assert refused.problem.code == "cart-empty", refused
        return
    shopper.answers.setdefault(key, set()).add(order.order_id)


async def _handle(contest: Contest, shopper: Shopper, order_id: str, chance: random.Random) -> None:
    """Do something about an order, whatever state it is in: what is too late is refused."""
    order = await insist(partial(shopper.first.orders.read, order_id))
    seller_id = chance.choice(order.parts).seller_id
    seller = contest.sellers[seller_id]
    acts: list[Callable[[], object]] = [
        lambda: insist(partial(shopper.first.orders.cancel, order_id, seller_id=chance.choice(("", seller_id)))),
        lambda: insist(partial(contest.admin.admin.refund, order_id, seller_id=chance.choice(("", seller_id)))),
        lambda: insist(partial(seller.seller.refund, order_id)),
        lambda: insist(partial(seller.seller.ship, order_id)),
    ]
    for act in chance.sample(acts, chance.randint(0, 3)):
        try:
            await act()  # type: ignore[misc]
        except RequestRefused as refused:
            assert refused.problem.status == 409, refused


def held_by_the_provider(data_dir: Path) -> Counter[str]:
    """The cents that the sandbox holds of each order: what it took, however often, and did not give back."""
    with sqlite3.connect(f"{(data_dir / 'payment' / 'sandbox.db').as_uri()}?mode=ro", uri=True) as sandbox:
        taken = sandbox.execute("SELECT order_id, amount_cents FROM charges WHERE state = 'charged'").fetchall()
        refunded = sandbox.execute("SELECT order_id, amount_cents FROM refunds").fetchall()
    held: Counter[str] = Counter()
    for sign, rows in ((1, taken), (-1, refunded)):
        for row_id, cents in rows:
            held[row_id.removesuffix("#2")] += sign * cents
    return held


async def orders_of(shopper: Shopper) -> list[Order]:
    """All orders of a shopper, with their history."""
    found: list[str] = []
    cursor = ""
    while True:
        page = await insist(partial(shopper.first.orders.list, cursor=cursor, limit=100))
        found += [order.order_id for order in page.items]
        if page.next_cursor is None:
            return [await insist(partial(shopper.first.orders.read, order_id)) for order_id in found]
        cursor = page.next_cursor


def kept(order: Order) -> Decimal:
    """The money that the sellers of an order keep."""
    return sum((part.amount for part in order.parts if part.status in SOLD), ZERO)


def units_of(order: Order, *, without: set[OrderStatus]) -> Counter[str]:
    """The units of an order, but not those of parts in these states."""
    gone = {part.seller_id for part in order.parts if part.status in without}
    units: Counter[str] = Counter()
    for item in order.items:
        if item.seller_id not in gone:
            units[item.product_id] += item.quantity
    return units


def left_the_stock(order: Order) -> Counter[str]:
    """The units that are sold for good: paid for, or shipped and paid back."""
    shipped = {step.seller_id for step in order.history if step.status is S.SHIPPED}  # "" stands for all parts
    out = {part.seller_id for part in order.parts if part.status in SOLD or shipped & {part.seller_id, ""}}
    units: Counter[str] = Counter()
    for item in order.items:
        if item.seller_id in out:
            units[item.product_id] += item.quantity
    return units
