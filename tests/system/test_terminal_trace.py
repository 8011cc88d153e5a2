"""The trace's screens against a real marketplace: an order by its shopper, and the same one in an admin's stream."""

from __future__ import annotations

import asyncio

import pytest

from services_stub.contracts.events.order import OrderStatus
from tests.system.accounts import admin, buy, new_person, new_product, until_status
from tests.system.marketplace import Marketplace
from tests.system.terminal import beside, terminal_of


@pytest.mark.slow
def test_an_order_is_followed_by_its_shopper_and_found_in_the_stream_by_an_admin(marketplace: Marketplace) -> None:
    async def scenario() -> None:
        seller, shopper = await new_person(marketplace, "seller"), await new_person(marketplace)
        product = await new_product(seller, quantity=5, price="12.50")
        order = await buy(shopper, product.product_id)
        await until_status(shopper, order.order_id, OrderStatus.PAID)
        async with terminal_of(beside(marketplace, shopper), marketplace.state) as terminal:
            await terminal.sees("sold by")
            terminal.app.open_order(order.order_id)
            await terminal.sees("PAID")
            await terminal.press("t")
            await terminal.sees("[Waterfall]", "PAID in", "as expected ✓", "payment-success")
            await terminal.press("tab")
            await terminal.sees("[Sequence]")
            await terminal.press("tab")
            await terminal.sees("[States]", "PENDING → PAID", "the books balance")
            await terminal.press("W")
            await terminal.sees("Where it is now", "has handled every event")
        async with terminal_of(await admin(marketplace), marketplace.state) as terminal:
            await terminal.sees("Services, 10 of 10 ready")
            await terminal.press("0")
            await terminal.sees("received =", "Live")
            await terminal.press("slash", *f"key:{order.order_id}", "enter")
            await terminal.sees(f"filter key:{order.order_id}", "payment-success[")
            await terminal.press("enter")
            await terminal.sees("[Waterfall]", "PAID in", "as expected ✓")

    asyncio.run(scenario())
