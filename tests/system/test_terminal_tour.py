"""The tour in the terminal client, to its end, on a marketplace of its own: it empties a cart and blocks a seller."""

from __future__ import annotations

import asyncio

import pytest

from marketplace_tui.model.tour import STEPS
from services_stub.client import MarketplaceClient
from services_stub.contracts.events.order import OrderStatus
from tests.system.accounts import admin, new_person, new_product
from tests.system.marketplace import Marketplace, running_marketplace
from tests.system.terminal import beside, terminal_of

_OUTCOMES = (
    ("The order is PAID: 47.00 USD.", "payment-success["),
    ("The order is FAILED: ", "The stock is free again.", "payment-failed["),
    ("got the last unit.", "was refused: ", "order-created["),
    ("cancelled by the block so far.", "have left the shop", "order-updated["),
)
"""The words of each step once it is done, and an event that must be among those that are shown."""


@pytest.mark.slow
def test_the_tour_goes_to_its_end_by_one_key() -> None:
    async def scenario(marketplace: Marketplace) -> None:
        shopper = marketplace.client()
        await shopper.auth.login(*marketplace.credentials("user"))
        await leave_something_in_the_cart(marketplace, shopper)
        async with terminal_of(beside(marketplace, shopper), marketplace.state) as terminal:
            await terminal.sees("Marketplace › Shop", "cart 1")
            await terminal.press("f3")
            for number, (step, outcome) in enumerate(zip(STEPS, _OUTCOMES, strict=True), start=1):
                await terminal.sees(f"{number} of {len(STEPS)}  {step.title}", "n makes it happen.")
                await terminal.press("n")
                await terminal.sees(*outcome)
                await terminal.lacks("✗ ")
                await terminal.press("n")
            await terminal.sees("That was the tour.")
            await terminal.press("n", "2")
            await terminal.sees("Marketplace › Cart", "Your cart is empty.")
            await terminal.press("3")
            await terminal.sees("● PAID", "✗ FAILED", "Tour teapot")
        await as_it_was_told(marketplace, shopper)

    with running_marketplace() as marketplace:
        asyncio.run(scenario(marketplace))


async def leave_something_in_the_cart(marketplace: Marketplace, shopper: MarketplaceClient) -> None:
    """The tour takes it out."""
    product = await new_product(await new_person(marketplace, "seller"))
    await shopper.cart.add(product.product_id)


async def as_it_was_told(marketplace: Marketplace, shopper: MarketplaceClient) -> None:
    """The orders have the statuses of the tour, and its seller is blocked."""
    orders = {order.items[0].name: order.status for order in (await shopper.orders.list()).items}
    assert orders["Tour teapot"] is OrderStatus.PAID
    assert orders["Tour kettle"] is OrderStatus.FAILED
    assert orders["Tour watch, surely genuine"] in (OrderStatus.CANCELLED, OrderStatus.REFUNDED)
    boss = await admin(marketplace)
    (seller,) = (await boss.admin.users("Tour seller")).items
    assert (seller.blocked, seller.blocked_reason) == (True, "tour")
    assert (await boss.search.find("surely genuine")).items == []
