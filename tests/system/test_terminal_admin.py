"""An admin in the terminal client against a real marketplace: people, products, orders, processes, faults."""

from __future__ import annotations

import asyncio

import pytest

from marketplace_tui.text.values import short_id
from services_stub.client import MarketplaceClient
from services_stub.contracts.control_faults import DelayedPayments
from services_stub.contracts.events.order import OrderStatus
from services_stub.contracts.http.order import Order
from services_stub.contracts.http.product import Product
from services_stub.runtime.identifiers import new_id
from tests.system.accounts import admin, buy, new_person, new_product, until_status
from tests.system.marketplace import PASSWORD, Marketplace
from tests.system.terminal import Terminal, terminal_of
from tests.waiting import eventually


def test_an_admin_blocks_a_seller_and_disturbs_the_payments(marketplace: Marketplace) -> None:
    email = f"{new_id()[-8:]}@example.com"

    async def scenario() -> None:
        async with marketplace.client() as seller:
            await seller.auth.register(email, PASSWORD, role="seller")
        async with terminal_of(await admin(marketplace), marketplace.state) as terminal:
            await terminal.sees("Services, 10 of 10 ready", "Consumer groups")
            terminal.app.open_user(email)
            await terminal.sees("Marketplace › Users", f"▸                    {email}")
            await terminal.press("b")
            await terminal.sees("Reason")
            await terminal.fill("copies")
            await terminal.sees("is blocked, 0 orders cancelled", "Blocked because: copies")

            await terminal.press("8")
            await terminal.sees("▸ Declined payments")
            await terminal.press("j", "a")
            await terminal.sees("so many milliseconds later", "Milliseconds")
            await terminal.press("ctrl+u")
            await terminal.fill("250")
            await terminal.sees("⚠ milliseconds 250")
            assert [one.fault for one in marketplace.control.faults()] == [DelayedPayments(milliseconds=250)]
            await terminal.press("1")
            await terminal.sees("⚠ delayed payments", "✗ fault in force: delayed payments")
            await terminal.press("8")
            await terminal.sees("▸ Declined payments", "⚠ milliseconds 250")
            await terminal.press("X")
            await terminal.sees("Delayed payments cleared.")
        assert marketplace.control.faults() == []
        async with await admin(marketplace) as client:
            (account,) = (await client.admin.users(email)).items
        assert (account.blocked, account.blocked_reason) == (True, "copies")

    try:
        asyncio.run(scenario())
    finally:
        for active in marketplace.control.faults():
            marketplace.control.clear(active.id)


@pytest.mark.slow
def test_an_admin_keeps_order_among_people_products_orders_and_payments(marketplace: Marketplace) -> None:
    """One session by keys alone; what came of it is asked by the public client."""

    async def scenario() -> None:
        seller, shopper = marketplace.client(), await new_person(marketplace)
        email = f"{new_id()[-8:]}@example.com"
        await seller.auth.register(email, PASSWORD, role="seller")
        await seller.auth.login(email, PASSWORD)
        mask = await new_product(seller, name="Quagga mask", price="40")
        cancelled, refunded = await buy(shopper, mask.product_id), await buy(shopper, mask.product_id, quantity=2)
        async with terminal_of(await admin(marketplace), marketplace.state) as terminal:
            await terminal.sees("Consumer groups")
            await block_a_product(terminal, shopper, mask)
            await move_orders(terminal, shopper, cancelled, refunded)
            await look_at_payments(terminal, refunded)
            await block_a_seller_for_a_while(terminal, seller, email)

    asyncio.run(scenario())


async def block_a_product(terminal: Terminal, shopper: MarketplaceClient, mask: Product) -> None:
    """While it is blocked, no shopper finds it."""

    async def is_found() -> bool:
        return bool((await shopper.search.find("quagga mask")).items)

    async def is_gone() -> bool:
        return not await is_found()

    await eventually(is_found, what="the product in the search index")
    await terminal.press("3")
    await terminal.sees("Marketplace › Products")
    await terminal.press("slash", *"quagga", "enter")
    await terminal.sees("▸ Quagga mask", "● ACTIVE")
    await terminal.press("b")
    await terminal.sees("Block Quagga mask", "Reason")
    await terminal.fill("a fake")
    await terminal.sees("Quagga mask is blocked.", "⊘ BLOCKED")
    await eventually(is_gone, what="the product out of the shop")
    await terminal.choose("f", "Show which products?", "active")
    await terminal.sees("None of the products fit “quagga”.")
    await terminal.choose("f", "Show which products?", "blocked")
    await terminal.sees("▸ Quagga mask")
    await terminal.press("b")
    await terminal.sees("Unblock Quagga mask")
    await terminal.fill("it is genuine")
    await terminal.sees("Quagga mask is unblocked.")
    await eventually(is_found, what="the product in the shop again")


async def move_orders(terminal: Terminal, shopper: MarketplaceClient, cancelled: Order, refunded: Order) -> None:
    """One is cancelled; the other is shipped, delivered, and then its money is given back."""
    await terminal.press("4")
    await terminal.go_to(short_id(cancelled.order_id))
    await terminal.press("x")
    await terminal.sees(f"Cancel {short_id(cancelled.order_id)}", "Reason")
    await terminal.fill("asked by mail")
    await terminal.sees("Cancelled", "↩ REFUNDED")
    await terminal.go_to(short_id(refunded.order_id))
    await terminal.press("s")
    await terminal.sees("✈ SHIPPED: Shipped")
    await terminal.press("d")
    await terminal.sees("✓ DELIVERED: Delivered")
    assert (await shopper.orders.read(refunded.order_id)).status is OrderStatus.DELIVERED
    await terminal.press("r")
    await terminal.sees(f"Refund {short_id(refunded.order_id)}")
    await terminal.fill("it broke")
    await terminal.sees("The money goes back")
    for order, note in ((cancelled, "asked by mail"), (refunded, "it broke")):
        now = await until_status(shopper, order.order_id, OrderStatus.REFUNDED)
        assert any(change.reason.endswith(f": {note}") for change in now.history)
        assert [refund.refunded for refund in (await shopper.payments.read(order.order_id)).refunds] == [True]
    await terminal.choose("f", "Show which orders?", "delivered")
    await terminal.lacks(f" {short_id(refunded.order_id)}")
    await terminal.press("escape")
    await terminal.sees(f" {short_id(refunded.order_id)}")


async def look_at_payments(terminal: Terminal, refunded: Order) -> None:
    """The filter leaves what is charged out; the order of a payment is one key away."""
    await terminal.press("5")
    await terminal.sees("Marketplace › Payments", "↩ REFUNDED")
    await terminal.choose("f", "Show which payments?", "refunded")
    await terminal.lacks("● CHARGED")
    await terminal.sees(f"{short_id(refunded.order_id)}", "80.00")
    await terminal.choose("f", "Show which payments?", "failed")
    await terminal.lacks(short_id(refunded.order_id))
    await terminal.press("escape")
    await terminal.sees("all payments", short_id(refunded.order_id))


async def block_a_seller_for_a_while(terminal: Terminal, seller: MarketplaceClient, email: str) -> None:
    """Found by a part of the address; the filter by role leaves a seller out."""
    await terminal.press("2")
    await terminal.sees("Marketplace › Users")
    await terminal.press("slash", *email[:8], "enter")
    await terminal.sees("▸ ", email)
    await terminal.press("b")
    await terminal.sees("Block ", "Reason")
    await terminal.fill("copies")
    await terminal.sees("is blocked, 0 orders cancelled", "Blocked because: copies")
    await terminal.choose("f", "Show which accounts?", "shoppers")
    await terminal.sees("None of the accounts fit")
    await terminal.choose("f", "Show which accounts?", "sellers")
    await terminal.sees(email, "⊘ blocked")
    await terminal.press("b")
    await terminal.sees("Unblock ", "Reason")
    await terminal.fill("they were not")
    await terminal.sees("is unblocked")
    await terminal.lacks("⊘ blocked")
    await seller.auth.login(email, PASSWORD)
