"""A seller's sales, notices and bulk changes through the gateway, while shoppers buy and the service is killed."""

from __future__ import annotations

import asyncio
import signal
from decimal import Decimal

import pytest

from services_stub.client import MarketplaceClient
from services_stub.contracts.events.order import OrderStatus
from services_stub.contracts.http.bulk import BulkChange, IntakeLine, PriceLine
from services_stub.contracts.http.order import Order
from services_stub.contracts.money import ZERO
from services_stub.runtime.identifiers import new_id
from tests.system.accounts import DECLINED_CARD, GOOD_CARD, buy, new_person, new_product
from tests.system.log import Entry, once, read_topics
from tests.system.marketplace import Marketplace
from tests.system.purchases_under_faults import insist
from tests.system.sales import dashboard_that_adds_up
from tests.waiting import eventually

READS, SHOPPERS, PURCHASES = 200, 4, 6


@pytest.mark.slow
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

        async def is_current() -> bool:
            return (await seller.seller.dashboard()).staleness_seconds == 0

        assert shipped.status == OrderStatus.SHIPPED
        await eventually(is_delivered, what="the delivery in the dashboard")
        await eventually(is_current, what="nothing waits to be read")

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

        async def told() -> list[Entry]:
            log = await asyncio.to_thread(read_topics, any_kafka.bootstrap_servers, "stock-low")
            entries = once(log, lambda entry: entry.value["productId"] == product.product_id)
            return entries if len(entries) > 1 else []

        events = await eventually(told, what="both events")
        assert [(entry.value["quantity"], entry.value["soldOut"]) for entry in events] == [(3, False), (0, True)]
        notice = (await seller.seller.notices()).items[0]
        assert (await seller.seller.mark_notice_read(notice.notice_id)).read
        assert (await seller.seller.notices()).unread == 1

    asyncio.run(scenario())


def test_a_bulk_change_is_seen_everywhere_in_the_order_it_was_made(any_kafka: Marketplace) -> None:
    async def scenario() -> None:
        seller, shopper = await new_person(any_kafka, "seller"), await new_person(any_kafka)
        name = f"Bulk {new_id()[-12:]}"
        ids = [(await new_product(seller, name=name, quantity=number)).product_id for number in range(3)]
        await shopper.cart.add(ids[2])

        async def set_prices(price: int, *, dry_run: bool = False) -> BulkChange:
            lines = [PriceLine(product_id=product_id, price=Decimal(price)) for product_id in ids]
            return await seller.seller.change_prices(lines, dry_run=dry_run)

        async def is_seen(price: int) -> bool:
            found = (await shopper.search.find(name)).items
            (line,) = (await shopper.cart.read()).lines
            return [line.unit_price, *(item.price for item in found)] == [Decimal(price)] * 4

        preview = await set_prices(3, dry_run=True)
        for price in range(1, 4):
            done = await set_prices(price)
        assert [(line.product_id, line.price) for line in preview.lines] == [(each, Decimal(3)) for each in ids]
        assert {(line.price, line.version) for line in done.lines} == {(Decimal(3), 4)}
        await eventually(lambda: is_seen(3), what="the last prices in search and cart")
        log = await asyncio.to_thread(read_topics, any_kafka.bootstrap_servers, "product-updated")
        for product_id in ids:
            updates = once(log, lambda entry, product_id=product_id: entry.key == product_id)  # type: ignore[misc]
            assert [entry.value["price"] for entry in updates] == [1, 2, 3]
        intake = [IntakeLine(product_id=product_id, units=10) for product_id in ids]
        sent = await asyncio.gather(*(seller.seller.take_in_stock(intake, idempotency_key="goods-1") for _ in range(4)))
        assert [line.quantity for line in sent[0].lines] == [10, 11, 12]
        assert all(answer == sent[0] for answer in sent)
        assert [(await shopper.products.read(product_id)).quantity for product_id in ids] == [10, 11, 12]

    asyncio.run(scenario())
