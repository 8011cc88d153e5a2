"""A seller's sales and notices through the gateway: every answer adds up, also while shoppers buy and after a kill."""

from __future__ import annotations

import asyncio
import signal

from services_stub.client import MarketplaceClient
from services_stub.contracts.events.order import OrderStatus
from services_stub.contracts.http.order import Order
from services_stub.contracts.money import ZERO
from tests.system.accounts import DECLINED_CARD, GOOD_CARD, buy, new_person, new_product
from tests.system.log import once, read_topics
from tests.system.marketplace import Marketplace
from tests.system.purchases_under_faults import insist
from tests.system.sales import dashboard_that_adds_up
from tests.waiting import eventually

READS, SHOPPERS, PURCHASES = 200, 4, 6


def test_every_answer_adds_up_while_shoppers_buy_and_the_service_is_killed(any_kafka: Marketplace) -> None:
    async def scenario() -> None:
        seller = await new_person(any_kafka, "seller")
        products = [await new_product(seller, quantity=1000, price=price) for price in ("9.99", "0.01")]
        shoppers = [await new_person(any_kafka) for _ in range(SHOPPERS)]
        orders: list[Order] = []

        async def shop(shopper: MarketplaceClient) -> None:
            for number in range(PURCHASES):
                card = DECLINED_CARD if number == 1 else GOOD_CARD
                orders.append(await buy(shopper, products[number % 2].product_id, quantity=number + 1, card=card))

        async def watch() -> None:
            for number in range(READS):
                if number == READS // 4:
                    await asyncio.to_thread(any_kafka.signal, "seller", signal.SIGKILL)
                await insist(lambda: dashboard_that_adds_up(seller, limit=15))

        await asyncio.gather(watch(), *map(shop, shoppers))
        paid = [order for order in orders if order.status == OrderStatus.PAID]
        revenue = sum((order.amount for order in paid), ZERO)

        async def is_complete() -> bool:
            board = await dashboard_that_adds_up(seller)
            return (board.revenue, board.counts.to_ship, board.counts.all) == (revenue, len(paid), len(orders))

        assert len(paid) == SHOPPERS * (PURCHASES - 1)
        await eventually(is_complete, what="every order in the dashboard")
        shipped = await seller.seller.ship(paid[0].order_id)
        await seller.seller.deliver(paid[0].order_id)

        async def is_delivered() -> bool:
            counts = (await dashboard_that_adds_up(seller)).counts
            return (counts.delivered, counts.to_ship) == (1, len(paid) - 1)

        assert shipped.status == OrderStatus.SHIPPED
        await eventually(is_delivered, what="the delivery in the dashboard")

    asyncio.run(scenario())


def test_a_seller_is_told_once_of_stock_that_is_low_and_sold_out(any_kafka: Marketplace) -> None:
    async def scenario() -> None:
        seller, shopper = await new_person(any_kafka, "seller"), await new_person(any_kafka)
        await seller.seller.change_settings(low_stock_threshold=3)
        product = await new_product(seller, quantity=5)
        for units in (1, 1, 1, 2):
            await buy(shopper, product.product_id, quantity=units)

        async def quantities() -> list[int]:
            return [notice.quantity for notice in (await seller.seller.notices()).items]

        async def both() -> bool:
            return await quantities() == [0, 3]

        await eventually(both, what="both notices")
        log = await asyncio.to_thread(read_topics, any_kafka.bootstrap_servers, "stock-low")
        told = once(log, lambda entry: entry.value["productId"] == product.product_id)
        assert [(entry.value["quantity"], entry.value["soldOut"]) for entry in told] == [(3, False), (0, True)]
        notice = (await seller.seller.notices()).items[0]
        assert (await seller.seller.mark_notice_read(notice.notice_id)).read
        assert (await seller.seller.notices()).unread == 1

    asyncio.run(scenario())
