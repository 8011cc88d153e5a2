"""A marketplace in use: carts of several sellers, changing prices, replaced products, shipping, declines and kills."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial

import msgspec

from services_stub.client import MarketplaceClient
from services_stub.client.errors import RequestRefused
from services_stub.contracts.control import KillService
from services_stub.contracts.events.order import OrderStatus
from services_stub.contracts.http.cart import Cart
from services_stub.contracts.http.product import Product
from services_stub.contracts.http.seller import Dashboard
from services_stub.infra.config.services import SERVICES
from services_stub.runtime.identifiers import new_id
from tests.system.accounts import DECLINED_CARD, GOOD_CARD, new_person, new_product
from tests.system.marketplace import Marketplace
from tests.system.purchases_under_faults import insist

SELLERS, PRODUCTS_OF_EACH, SHOPPERS = 3, 5, 8
STOCK = 100_000
DECLINED = 0.05


@dataclass
class Stall:
    """A seller and the products on sale; `kept` are those that are never replaced."""

    seller: MarketplaceClient
    products: list[Product]
    kept: list[Product]


@dataclass
class MixedRun:
    """The people, and everything that was seen. No price comes twice, so that a cart tells which change it shows."""

    marketplace: Marketplace
    until: float
    stalls: list[Stall] = field(default_factory=list)
    shoppers: list[MarketplaceClient] = field(default_factory=list)
    carts: list[Cart] = field(default_factory=list)
    dashboards: list[Dashboard] = field(default_factory=list)
    orders: dict[str, MarketplaceClient] = field(default_factory=dict)
    kills: int = 0
    _cents: Iterator[int] = field(default_factory=lambda: itertools.count(100))

    def goes_on(self) -> bool:
        return time.monotonic() < self.until

    def price(self) -> Decimal:
        """A price that was never asked before."""
        return Decimal(next(self._cents)) / 100

    async def product(self, seller: MarketplaceClient) -> Product:
        return await insist(lambda: new_product(seller, quantity=STOCK, price=str(self.price()), name=new_id()[-12:]))


async def mixed_run(marketplace: Marketplace, seconds: float, seed: int) -> MixedRun:
    """Use the marketplace for so long, with a service killed every few seconds."""
    run = MixedRun(marketplace, time.monotonic() + seconds)
    for _ in range(SELLERS):
        seller = await new_person(marketplace, "seller")
        products = [await run.product(seller) for _ in range(PRODUCTS_OF_EACH)]
        run.stalls.append(Stall(seller, products, products[: PRODUCTS_OF_EACH // 2]))
    run.shoppers = [await new_person(marketplace) for _ in range(SHOPPERS)]
    run.until = time.monotonic() + seconds
    chances = (random.Random(f"{seed} {number}") for number in itertools.count())
    await asyncio.gather(
        *(_shop(run, shopper, next(chances)) for shopper in run.shoppers),
        *(_sell(run, stall, next(chances)) for stall in run.stalls),
        _kill(run, next(chances)),
    )
    return run


async def _shop(run: MixedRun, shopper: MarketplaceClient, chance: random.Random) -> None:
    while run.goes_on():
        await insist(shopper.cart.clear)
        for stall in chance.choices(run.stalls, k=chance.randint(1, 2)):
            for product in chance.sample(stall.products, 2):
                await _put(run, shopper, product)
        run.carts.append(await insist(shopper.cart.read))
        card = DECLINED_CARD if chance.random() < DECLINED else GOOD_CARD
        # Refused where a price changed, or a product went, since the cart was read.
        with contextlib.suppress(RequestRefused):
            key = new_id()
            order = await insist(partial(shopper.orders.place, card, idempotency_key=key))
            run.orders[order.order_id] = shopper


async def _put(run: MixedRun, shopper: MarketplaceClient, product: Product) -> None:
    with contextlib.suppress(RequestRefused):
        run.carts.append(await insist(lambda: shopper.cart.add(product.product_id, 1)))


async def _sell(run: MixedRun, stall: Stall, chance: random.Random) -> None:
    while run.goes_on():
        await asyncio.sleep(chance.uniform(0.02, 0.1))
        action = chance.random()
        with contextlib.suppress(RequestRefused):
            if action < 0.6:
                change = partial(stall.seller.seller.change_product, chance.choice(stall.products).product_id)
                await insist(partial(change, price=run.price()))
            elif action < 0.7:
                place = chance.randrange(len(stall.kept), len(stall.products))
                gone, stall.products[place] = stall.products[place], await run.product(stall.seller)
                await insist(partial(stall.seller.seller.delete_product, gone.product_id))
            elif action < 0.85:
                await _ship(stall, chance)
            else:
                run.dashboards.append(await insist(lambda: complete_dashboard(stall.seller)))


async def _ship(stall: Stall, chance: random.Random) -> None:
    for order in (await insist(lambda: stall.seller.seller.orders(limit=5))).items:
        if order.status == OrderStatus.PAID and chance.random() < 0.5:
            await insist(partial(stall.seller.seller.ship, order.order_id))


async def complete_dashboard(seller: MarketplaceClient) -> Dashboard:
    """A dashboard with all the pages of its list."""
    shown = await seller.seller.dashboard()
    page, items = shown.sales, list(shown.sales.items)
    while page.next_cursor is not None:
        page = await seller.seller.sales(position=shown.sales.position, cursor=page.next_cursor)
        items += page.items
    return msgspec.structs.replace(shown, sales=msgspec.structs.replace(page, items=items))


async def _kill(run: MixedRun, chance: random.Random) -> None:
    while run.goes_on():
        await asyncio.sleep(chance.uniform(2.0, 5.0))
        await asyncio.to_thread(run.marketplace.control.act, KillService(service=chance.choice(SERVICES)))
        run.kills += 1
