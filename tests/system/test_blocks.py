"""A block holds from its acknowledgement, although the broker, auth, order or product is away in that moment."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from services_stub.client import MarketplaceClient
from services_stub.client.errors import MarketplaceError, NotFound
from services_stub.contracts.control import Action, PauseService, ResumeService, StartBroker, StopBroker
from services_stub.contracts.events.order import OrderStatus
from services_stub.contracts.http.payment import PaymentStatus
from services_stub.runtime.identifiers import new_id
from tests.system.accounts import GOOD_CARD, admin, new_person, new_product
from tests.system.marketplace import Marketplace
from tests.waiting import eventually

SHOPPERS = 6
STOCK = 100_000
ENDED = {OrderStatus.CANCELLED, OrderStatus.REFUNDED}


@dataclass
class Rush:
    """Shoppers who buy the same product all the time."""

    shoppers: list[MarketplaceClient]
    product_id: str
    over: asyncio.Event = field(default_factory=asyncio.Event)
    begun: int = 0
    placed: dict[str, MarketplaceClient] = field(default_factory=dict)

    async def buy_all_the_time(self, shopper: MarketplaceClient) -> None:
        """Buy until the rush is over; a refusal is a reason to try again."""
        while not self.over.is_set():
            self.begun += 1
            try:
                await shopper.cart.add(self.product_id)
                self.placed[(await shopper.orders.place(GOOD_CARD)).order_id] = shopper
            except MarketplaceError:
                await asyncio.sleep(0)

    async def goes_on(self, attempts: int) -> None:
        """Wait for further attempts."""
        target = self.begun + attempts

        async def reached() -> bool:
            return self.begun >= target

        await eventually(reached, what=f"{attempts} attempts to buy")


@pytest.mark.parametrize(
    ("away", "back", "attempts", "not_reached"),
    [
        ([StopBroker()], [StartBroker()], 300, []),
        (
            [PauseService(service="order"), PauseService(service="product")],
            [ResumeService(service="product"), ResumeService(service="order")],
            0,
            ["order", "product"],
        ),
    ],
    ids=["broker", "order and product"],
)
def test_nothing_bought_after_the_acknowledgement_stays_bought(
    marketplace: Marketplace,
    away: Sequence[Action],
    back: Sequence[Action],
    attempts: int,
    not_reached: list[str],
) -> None:
    async def scenario() -> None:
        boss, seller = await admin(marketplace), await new_person(marketplace, "seller")
        product = await new_product(seller, quantity=STOCK, name=f"Rush {new_id()}")
        rush = Rush([await new_person(marketplace) for _ in range(SHOPPERS)], product.product_id)
        buying = [asyncio.create_task(rush.buy_all_the_time(shopper)) for shopper in rush.shoppers]
        await rush.goes_on(5 * SHOPPERS)
        for action in away:
            await asyncio.to_thread(marketplace.control.act, action)
        answer = await boss.admin.block_seller(product.seller_id, "fraud")
        acknowledged = datetime.now(UTC)
        # On a busy machine others may not have answered in time either: their event comes later.
        assert set(answer.not_reached) >= set(not_reached)
        await asyncio.to_thread(marketplace.control.act, PauseService(service="auth"))
        await rush.goes_on(attempts)
        for action in (*back, ResumeService(service="auth")):
            await asyncio.to_thread(marketplace.control.act, action)
        await rush.goes_on(5 * SHOPPERS)
        rush.over.set()
        await asyncio.gather(*buying)
        await check_books(rush, acknowledged, product.name, boss)

    asyncio.run(scenario())


async def check_books(rush: Rush, acknowledged: datetime, name: str, boss: MarketplaceClient) -> None:
    """Orders placed after the acknowledgement have ended without money; stock and money agree with those before it."""
    assert rush.placed
    sold = 0
    for order_id, shopper in rush.placed.items():

        async def ended(order_id: str = order_id, shopper: MarketplaceClient = shopper) -> OrderStatus | None:
            order = await shopper.orders.read(order_id)
            try:
                payment = await shopper.payments.read(order_id)
            except NotFound:  # Payment has not heard of the order yet.
                return None
            after = datetime.fromisoformat(order.created_at) >= acknowledged
            kept = order.status is OrderStatus.PAID and payment.status is PaymentStatus.CHARGED and not after
            given_back = payment.status in {PaymentStatus.REFUNDED, PaymentStatus.VOIDED} and order.status in ENDED
            return order.status if kept or given_back else None

        sold += await eventually(ended, what=f"the end of {order_id}") is OrderStatus.PAID

    async def adds_up() -> bool:
        (product,) = (await boss.admin.products(name)).items
        return (product.quantity, product.reserved) == (STOCK - sold, 0)

    await eventually(adds_up, what="the right stock")
