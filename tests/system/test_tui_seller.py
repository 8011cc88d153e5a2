"""A seller at the terminal, while a shopper buys elsewhere."""

from __future__ import annotations

import asyncio
from decimal import Decimal

from marketplace_tui.text.values import short_id
from services_stub.contracts.events.order import OrderStatus
from tests.system.accounts import buy, new_person, new_product, until_status
from tests.system.marketplace import Marketplace
from tests.system.terminal import terminal_of


def test_a_seller_offers_prices_and_ships_what_a_shopper_bought_meanwhile(marketplace: Marketplace) -> None:
    async def scenario() -> None:
        seller, shopper = await new_person(marketplace, "seller"), await new_person(marketplace)

        async def prices() -> list[Decimal]:
            return [one.price for one in (await seller.seller.products()).items]

        async with terminal_of(seller) as terminal:
            await terminal.sees("0 orders", "You offer nothing yet.")
            await new_product(seller, name="Jug", price="20")
            await terminal.press("n")
            await terminal.fill("Bowl", "Kitchen", "10", "5", "")
            await terminal.sees("Bowl is on sale.")
            await terminal.press("2")
            await terminal.sees("▸ Bowl", "Jug")
            await terminal.press("space", "space", "percent_sign")
            await terminal.fill("+10%")
            await terminal.sees("New prices of 2 products", "11.00", "22.00")
            assert await prices() == [Decimal(10), Decimal(20)]
            await terminal.press("enter")
            await terminal.sees("2 prices changed.")
            assert await prices() == [Decimal(11), Decimal(22)]
            await terminal.press("1")
            await terminal.sees("0 orders")
            bowl = (await seller.seller.products()).items[0]
            order = await buy(shopper, bowl.product_id, quantity=2)
            await terminal.sees("1 to ship", short_id(order.order_id), "● PAID")
            await terminal.press("s")
            await until_status(shopper, order.order_id, OrderStatus.SHIPPED)
            await terminal.sees("0 to ship", "✈ SHIPPED", "Today 22.00 USD")

    asyncio.run(scenario())
