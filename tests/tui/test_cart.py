"""The cart and the product page, as they look and as they are used."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from services_stub.contracts.http.cart import Cart
from tests.tui.running import assert_goldens, running
from tests.tui.shopping import Shopping, away


def with_changes(cart: Cart) -> Cart:
    """The same cart after a price changed and another product went off sale."""
    first, second = cart.lines
    return msgspec.structs.replace(
        cart,
        lines=[
            msgspec.structs.replace(first, changes=["price"], added_price=first.unit_price - 1),
            msgspec.structs.replace(second, available=False, changes=["availability"], added_available=True),
        ],
        amount=first.line_total,
    )


def test_the_cart_shows_what_changed_and_what_cannot_be_bought() -> None:
    async def scenario() -> None:
        shopping = Shopping()
        shopping.cart.quantities |= {"p-1": 2, "p-2": 1}
        cart = with_changes(shopping.cart.cart())
        shopping.fake.on("GET", "/cart-service/api/cart/public", cart)
        async with running(shopping.fake, "user") as client:
            await client.press("c")
            await assert_goldens(client, "cart-full")

    asyncio.run(scenario())


def test_an_empty_cart_and_one_that_cannot_be_read_say_the_next_step() -> None:
    async def scenario() -> None:
        async with running(Shopping().fake) as client:
            await client.press("c")
            await assert_goldens(client, "cart-empty")
        async with running(away(Shopping().fake)) as client:
            await client.press("c")
            await assert_goldens(client, "cart-error")

    asyncio.run(scenario())


def test_quantities_change_at_once_and_what_is_taken_out_comes_back() -> None:
    async def scenario() -> None:
        shopping = Shopping()
        shopping.cart.quantities |= {"p-1": 1, "p-2": 1}
        async with running(shopping.fake, "user") as client:
            await client.press("c", "plus", "plus", "minus")
            assert shopping.cart.quantities == {"p-1": 2, "p-2": 1}
            await client.press("x")
            assert shopping.cart.quantities["p-1"] == 0
            await client.press("u")
            assert shopping.cart.quantities["p-1"] == 2
            await client.press("X")
            assert "Your cart is empty." in client.text
            await client.press("u")
            assert {key: count for key, count in shopping.cart.quantities.items() if count} == {"p-1": 2, "p-2": 1}

    asyncio.run(scenario())


@pytest.mark.slow
def test_the_last_unit_less_takes_the_line_out() -> None:
    async def scenario() -> None:
        shopping = Shopping()
        shopping.cart.quantities |= {"p-1": 1}
        async with running(shopping.fake, "user") as client:
            await client.press("c", "minus")
            assert "Your cart is empty." in client.text
            await client.press("u")
            assert shopping.cart.quantities == {"p-1": 1}

    asyncio.run(scenario())


def test_a_product_page_has_related_products_and_fills_the_cart() -> None:
    async def scenario() -> None:
        shopping = Shopping()
        async with running(shopping.fake, "user") as client:
            await client.press("enter", "a", "plus", "plus", "minus")
            assert shopping.cart.quantities == {"p-1": 2}
            await assert_goldens(client, "product-full")
            await client.press("enter")
            assert "Salad bowl, oak" in client.text.splitlines()[0]
            await client.press("escape", "escape")
            assert "Shop" in client.text.splitlines()[0]
            looks = shopping.fake.requests.count(("GET", "/product-service/api/products/p-1"))
            assert looks == 1

    asyncio.run(scenario())


@pytest.mark.slow
def test_a_product_that_is_gone_or_cannot_be_read_says_so() -> None:
    async def scenario() -> None:
        shopping = Shopping()
        async with running(shopping.fake, "user") as client:
            client.app.open_product("p-gone")
            await client.settle()
            await assert_goldens(client, "product-error")

    asyncio.run(scenario())
