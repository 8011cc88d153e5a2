"""The parts of an order of two sellers are shipped, cancelled and refunded by themselves, and the books balance."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest

from services_stub.client import MarketplaceClient
from services_stub.client.errors import Conflict, NotFound
from services_stub.contracts.events.order import OrderStatus
from services_stub.contracts.http.order import Order
from services_stub.contracts.http.product import Product
from tests.system.accounts import GOOD_CARD, admin, new_person, new_product, settled
from tests.system.marketplace import Marketplace
from tests.waiting import eventually

PRICES = (Decimal("7.50"), Decimal("12.49"))
STOCK = 5
S = OrderStatus


class Purchase:
    """An order of two sellers, and the people around it."""

    def __init__(self, shopper: MarketplaceClient, sellers: list[MarketplaceClient], products: list[Product]) -> None:
        self.shopper, self.sellers, self.products = shopper, sellers, products
        self.ids = [product.seller_id for product in products]

    async def place(self) -> Order:
        """Buy one unit of each seller, and wait until that is paid."""
        for product in self.products:
            await self.shopper.cart.add(product.product_id)
        order = await settled(self.shopper, (await self.shopper.orders.place(GOOD_CARD)).order_id)
        assert order.status is S.PAID
        return order

    async def until(self, order_id: str, *statuses: OrderStatus) -> None:
        """Wait until the parts of the two sellers have these statuses."""

        async def reached() -> bool:
            parts = {part.seller_id: part.status for part in (await self.shopper.orders.read(order_id)).parts}
            return [parts[seller_id] for seller_id in self.ids] == list(statuses)

        await eventually(reached, what=f"the parts become {statuses}")

    async def has_refunds(self, order_id: str, *places: int) -> None:
        """Check that these parts and no others were given back."""
        refunds = (await self.shopper.payments.read(order_id)).refunds
        assert {refund.seller_id: refund.amount for refund in refunds} == {self.ids[n]: PRICES[n] for n in places}
        assert all(refund.refunded for refund in refunds)

    async def has_sold(self, *units: int) -> None:
        """Wait until so many units of each seller are sold, and the others can be bought."""

        async def adds_up() -> bool:
            now = [await self.shopper.products.read(product.product_id) for product in self.products]
            left = [(product.quantity, product.reserved) for product in now]
            return left == [(STOCK - count, 0) for count in units]

        await eventually(adds_up, what=f"{units} units are sold")


async def _purchase(marketplace: Marketplace) -> Purchase:
    sellers = [await new_person(marketplace, "seller") for _ in PRICES]
    products = [
        await new_product(seller, quantity=STOCK, price=str(price))
        for seller, price in zip(sellers, PRICES, strict=True)
    ]
    return Purchase(await new_person(marketplace), sellers, products)


def test_parts_go_their_own_ways(any_kafka: Marketplace) -> None:
    async def scenario() -> None:
        bought = await _purchase(any_kafka)
        first, second = bought.sellers
        order_id = (await bought.place()).order_id
        await first.seller.ship(order_id)
        with pytest.raises(Conflict):
            await bought.shopper.orders.cancel(order_id, seller_id=bought.ids[0])
        assert (await bought.shopper.orders.cancel(order_id, "too slow")).status is S.SHIPPED
        await bought.until(order_id, S.SHIPPED, S.REFUNDED)
        await bought.has_refunds(order_id, 1)
        await bought.has_sold(1, 0)
        assert (await second.orders.read(order_id)).status is S.REFUNDED
        await first.seller.deliver(order_id)
        assert (await first.seller.refund(order_id, "broken")).status in {S.REFUNDING, S.REFUNDED}
        await bought.until(order_id, S.REFUNDED, S.REFUNDED)
        await bought.has_refunds(order_id, 0, 1)
        await bought.has_sold(1, 0)

    asyncio.run(scenario())


def test_an_admin_ends_what_a_blocked_seller_can_not(any_kafka: Marketplace) -> None:
    async def scenario() -> None:
        bought, boss = await _purchase(any_kafka), await admin(any_kafka)
        order_id = (await bought.place()).order_id
        await bought.sellers[0].seller.ship(order_id)
        answer = await boss.admin.block_seller(bought.ids[1], "fraud")
        assert answer.cancelled_orders == 0
        with pytest.raises(NotFound):
            await boss.admin.refund(order_id, seller_id="none")
        await boss.admin.deliver(order_id, seller_id=bought.ids[0])
        await boss.admin.refund(order_id, "the seller is blocked", seller_id=bought.ids[1])
        await bought.until(order_id, S.DELIVERED, S.REFUNDED)
        await bought.has_refunds(order_id, 1)
        await boss.admin.refund(order_id)
        await bought.until(order_id, S.REFUNDED, S.REFUNDED)
        await bought.has_refunds(order_id, 0, 1)
        await boss.admin.unblock_seller(bought.ids[1])
        await bought.has_sold(1, 0)

    asyncio.run(scenario())
