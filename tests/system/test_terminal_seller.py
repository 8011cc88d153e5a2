"""A seller in the terminal client against a real marketplace, while shoppers buy elsewhere."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal

import pytest

from marketplace_tui.text.values import short_id
from services_stub.client import MarketplaceClient
from services_stub.contracts.events.order import OrderStatus
from services_stub.contracts.http.order import Order
from services_stub.contracts.http.product import Product
from tests.system.accounts import buy, new_person, new_product, until_status
from tests.system.marketplace import Marketplace
from tests.system.terminal import Terminal, beside, terminal_of
from tests.waiting import eventually


@pytest.mark.slow
def test_a_seller_offers_prices_and_ships_what_a_shopper_bought_meanwhile(marketplace: Marketplace) -> None:
    async def scenario() -> None:
        seller, shopper = await new_person(marketplace, "seller"), await new_person(marketplace)

        async def prices() -> list[Decimal]:
            return [one.price for one in (await seller.seller.products()).items]

        async with terminal_of(beside(marketplace, seller), marketplace.state) as terminal:
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


@pytest.mark.slow
def test_a_seller_tends_products_orders_and_notices(marketplace: Marketplace) -> None:
    """One session by keys alone; what came of it is asked by the public client."""

    async def scenario() -> None:
        seller, shopper, other = (
            await new_person(marketplace, "seller"),
            await new_person(marketplace),
            await new_person(marketplace, "seller"),
        )
        bowl = await new_product(seller, name="Bongo bowl", price="30", quantity=9)
        await new_product(seller, name="Bongo cup", price="5", quantity=3)
        await new_product(seller, name="Drum", price="70", quantity=2)
        async with terminal_of(beside(marketplace, seller), marketplace.state) as terminal:
            await terminal.sees("0 orders", "Bongo cup")
            await search_and_edit(terminal, seller, bowl)
            await take_in_stock(terminal, seller)
            await delete_for_good(terminal, seller)
            order = await order_of_two_sellers(shopper, bowl, await new_product(other, name="Kudu", price="11"))
            await ship_and_deliver(terminal, shopper, order)
            await give_the_own_part_back(terminal, shopper, order, seller)
            await change_the_threshold(terminal, seller)
            await buy(shopper, bowl.product_id, quantity=4)
            await read_the_notices(terminal, seller)

    asyncio.run(scenario())


async def products_of(seller: MarketplaceClient) -> dict[str, Product]:
    return {product.name: product for product in (await seller.seller.products()).items}


async def search_and_edit(terminal: Terminal, seller: MarketplaceClient, bowl: Product) -> None:
    """A price that is none is refused beside its field; the change of a field is taken back by a key."""
    await terminal.press("2")
    await terminal.sees("Marketplace › Products", "3 products")
    await terminal.press("slash", *"bowl", "enter")
    await terminal.sees("▸ Bongo bowl", "1 products")
    await terminal.press("e")
    await terminal.sees("Edit Bongo bowl", "30.00")
    await terminal.press("enter", "enter", "ctrl+u")
    await terminal.fill("much", "")
    await terminal.press("enter")
    await terminal.sees("a price like 18.50 is expected")
    await terminal.press("ctrl+u")
    await terminal.fill("33")
    await terminal.press("ctrl+s")
    await terminal.sees("Bongo bowl is changed.", "33.00")
    assert (await products_of(seller))[bowl.name].price == Decimal(33)
    await terminal.press("u")
    await terminal.sees("Taken back: the change of Bongo bowl", "30.00")
    assert (await products_of(seller))[bowl.name].price == Decimal(30)
    await terminal.press("escape")
    await terminal.sees("3 products")


async def take_in_stock(terminal: Terminal, seller: MarketplaceClient) -> None:
    """Of two that are marked; nothing changes before the preview is accepted."""
    await terminal.press("g", "space", "space", "a")
    await terminal.sees("Intake of 2 products")
    await terminal.fill("0")
    await terminal.sees("whole units like 12 are expected")
    await terminal.press("ctrl+u")
    await terminal.fill("6")
    await terminal.sees("New stock of 2 products")
    before = await products_of(seller)
    assert sorted(product.quantity for product in before.values()) == [2, 3, 9]
    await terminal.press("enter")
    await terminal.sees("The stock of 2 products grew.")
    after = await products_of(seller)
    assert sorted(after[name].quantity - before[name].quantity for name in before) == [0, 6, 6]
    await terminal.press("escape")


async def delete_for_good(terminal: Terminal, seller: MarketplaceClient) -> None:
    """It cannot be taken back, so it is asked for, and the first answer keeps the product."""
    await terminal.press("slash", *"drum", "enter")
    await terminal.sees("▸ Drum", "1 products")
    await terminal.press("x")
    await terminal.sees("Delete Drum?", "this cannot be taken back")
    await terminal.press("enter")
    await terminal.lacks("Delete Drum?")
    assert "Drum" in await products_of(seller)
    await terminal.press("x")
    await terminal.sees("Delete Drum?")
    await terminal.fill("for good")
    await terminal.sees("Drum is off the market.", "None of your products is called “drum”.")
    assert sorted(await products_of(seller)) == ["Bongo bowl", "Bongo cup"]
    await terminal.press("escape")
    await terminal.sees("Bongo bowl", "Bongo cup")


async def order_of_two_sellers(shopper: MarketplaceClient, bowl: Product, foreign: Product) -> Order:
    await shopper.cart.add(foreign.product_id)
    return await buy(shopper, bowl.product_id, quantity=2)


async def ship_and_deliver(terminal: Terminal, shopper: MarketplaceClient, order: Order) -> None:
    """The own part alone, from the list of orders."""
    await terminal.press("3")
    await terminal.sees("All orders with your items", f"▸ {short_id(order.order_id)}", "● PAID", "2 × Bongo bowl")
    await terminal.lacks("Kudu")
    await terminal.press("d")
    await terminal.sees("Only what is shipped can be delivered.")
    await terminal.press("s")
    await terminal.sees("✈ SHIPPED")
    await terminal.press("d")
    await terminal.sees("✓ DELIVERED")
    parts = (await shopper.orders.read(order.order_id)).parts
    assert sorted(part.status for part in parts) == [OrderStatus.DELIVERED, OrderStatus.PAID]


async def give_the_own_part_back(
    terminal: Terminal, shopper: MarketplaceClient, order: Order, seller: MarketplaceClient
) -> None:
    """The money of the other seller's part stays where it is."""
    await terminal.press("enter")
    await terminal.sees(f"Orders › {short_id(order.order_id)}", "✓ DELIVERED", "2 × Bongo bowl")
    await terminal.press("r")
    await terminal.sees("Refund …", "Reason")
    await terminal.fill("cracked")
    await terminal.sees("↻ REFUNDING → ↩ REFUNDED", "payment-refunded[")

    async def is_back() -> bool:
        return all(refund.refunded for refund in (await shopper.payments.read(order.order_id)).refunds)

    await eventually(is_back, what="the money of the part")
    payment = await shopper.payments.read(order.order_id)
    (refund,) = payment.refunds
    assert (refund.amount, payment.amount) == (Decimal(60), Decimal(71))
    history = (await shopper.orders.read(order.order_id)).history
    assert "refunded-by-seller: cracked" in [change.reason for change in history]
    assert seller.session.user is not None
    assert refund.seller_id == seller.session.user.user_id
    await terminal.press("escape")
    await terminal.choose("f", "Show which orders?", "delivered")
    await terminal.sees("No order is ✓ DELIVERED.")
    await terminal.choose("f", "Show which orders?", "the money is back")
    await terminal.sees("↩ REFUNDED  the money is back", f"▸ {short_id(order.order_id)}")


async def change_the_threshold(terminal: Terminal, seller: MarketplaceClient) -> None:
    await terminal.press("4")
    await terminal.sees("Marketplace › Stock notices", "Low stock is")
    await terminal.press("e", "ctrl+u")
    await terminal.fill("few")
    await terminal.sees("whole units like 5 are expected")
    await terminal.press("ctrl+u")
    await terminal.fill("12")
    await terminal.sees("Low stock is 12 units or fewer.")
    assert (await seller.seller.settings()).low_stock_threshold == 12


async def read_the_notices(terminal: Terminal, seller: MarketplaceClient) -> None:
    """A notice comes by itself; the product is one key away."""
    await terminal.sees("▸ ● new", "Bongo bowl")

    def unread_is(number: int) -> Callable[[], Awaitable[bool]]:
        async def is_it() -> bool:
            return (await seller.seller.notices()).unread == number

        return is_it

    unread = (await seller.seller.notices()).unread
    await terminal.press("m")
    await eventually(unread_is(unread - 1), what="one notice read")
    await terminal.press("M")
    await terminal.sees("All notices are read.")
    await terminal.lacks("● new")
    await eventually(unread_is(0), what="all notices read")
    await terminal.press("enter")
    await terminal.sees("Marketplace › Products", "▸ Bongo bowl")
