"""The seller's own products, as they are used."""

from __future__ import annotations

import asyncio
from decimal import Decimal

from tests.tui.running import RunningClient, assert_golden, running
from tests.tui.seller.data import SellerOfTests, mara, market_of


async def fill(client: RunningClient, *values: str) -> None:
    """Type into the fields of a form, one after the other, and leave each with enter."""
    for value in values:
        await client.press("ctrl+u")
        await client.type(value)
        await client.press("enter")


def test_a_product_is_offered_and_a_wrong_field_says_so_beside_itself() -> None:
    async def scenario() -> None:
        seller = mara()
        async with running(market_of(seller), "seller") as client:
            await client.press("2", "n")
            await fill(client, "Jug", "", "1,5", "x", "")
            assert "a price like 18.50 is expected" in client.text
            assert "whole units like 12 are expected" in client.text
            await fill(client, "1.5", "4", "")
            assert "must not be empty" in client.text
            assert_golden(client.text, "seller/new-product-refused-80x24")
            await fill(client, "Kitchen")
            await client.press("ctrl+s")
            assert "Jug is on sale." in client.text
            assert "▸ Jug" in client.text

    asyncio.run(scenario())


def test_a_field_that_was_changed_elsewhere_is_shown_before_it_is_overwritten() -> None:
    async def scenario() -> None:
        seller = mara()
        async with running(market_of(seller), "seller") as client:
            await client.press("2", "e", "enter", "enter", "ctrl+u")
            seller.edit("p-1", price=Decimal("19.00"), quantity=8)
            await client.type("20")
            await client.press("ctrl+s")
            assert "is 19.00 now" in client.text
            assert seller.products["p-1"].price == Decimal("19.00")
            await client.press("ctrl+s")
            assert "Stoneware bowl is changed." in client.text
            assert (seller.products["p-1"].price, seller.products["p-1"].quantity) == (Decimal("20.00"), 8)
            await client.press("u")
            assert seller.products["p-1"].price == Decimal("18.50")

    asyncio.run(scenario())


def test_a_product_is_deleted_only_after_a_question() -> None:
    async def scenario() -> None:
        seller = mara()
        async with running(market_of(seller), "seller") as client:
            await client.press("2", "x")
            assert "this cannot be taken back" in client.text
            await client.press("enter")
            assert "p-1" in seller.products
            await client.press("x", "down", "enter")
            assert "p-1" not in seller.products
            assert "Stoneware bowl is off the market." in client.text

    asyncio.run(scenario())


def test_units_come_in_for_all_that_are_marked_after_a_preview() -> None:
    async def scenario() -> None:
        seller = mara()
        async with running(market_of(seller), "seller") as client:
            await client.press("2", "space", "space")
            assert "2 marked" in client.text
            await client.press("a", "5", "enter")
            assert "10  →             15" in client.text
            assert seller.products["p-1"].quantity == 10
            await client.press("enter")
            assert [seller.products[key].quantity for key in ("p-1", "p-2", "p-3")] == [15, 6, 0]
            assert "The stock of 2 products grew." in client.text
            await client.press("escape")
            assert "marked" not in client.text

    asyncio.run(scenario())


async def preview_ten_percent(client: RunningClient) -> None:
    """Mark the first two products and look at prices that are a tenth higher."""
    await client.press("2", "space", "space", "percent_sign")
    await client.type("+10%")
    await client.press("enter")


def prices(seller: SellerOfTests) -> list[Decimal]:
    """The prices of the first two products."""
    return [seller.products[key].price for key in ("p-1", "p-2")]


OLD, NEW = [Decimal("18.50"), Decimal("47.00")], [Decimal("20.35"), Decimal("51.70")]


def test_prices_are_changed_as_they_were_previewed_and_taken_back() -> None:
    async def scenario() -> None:
        seller = mara()
        async with running(market_of(seller), "seller") as client:
            await preview_ten_percent(client)
            assert_golden(client.text, "seller/preview-of-prices-80x24")
            assert prices(seller) == OLD
            seller.edit("p-1", quantity=9)
            await client.press("enter")
            assert "2 prices changed." in client.text
            assert prices(seller) == NEW
            await client.press("u")
            assert prices(seller) == OLD

    asyncio.run(scenario())


def test_a_price_that_changed_since_the_preview_is_previewed_again() -> None:
    async def scenario() -> None:
        seller = mara()
        async with running(market_of(seller), "seller") as client:
            await preview_ten_percent(client)
            seller.edit("p-2", price=Decimal("50.00"))
            await client.press("enter")
            assert "prices were changed elsewhere" in client.text
            assert "50.00  →          55.00" in client.text
            assert prices(seller) == [Decimal("18.50"), Decimal("50.00")]
            await client.press("escape")
            assert prices(seller) == [Decimal("18.50"), Decimal("50.00")]

    asyncio.run(scenario())


def test_what_is_no_price_is_said_beside_the_field() -> None:
    async def scenario() -> None:
        async with running(market_of(mara()), "seller") as client:
            await client.press("2", "percent_sign")
            await client.type("ten")
            await client.press("enter")
            assert "expected a price like 12.50" in client.text

    asyncio.run(scenario())


def test_an_error_that_has_no_room_beside_the_words_of_its_field_stands_below_them() -> None:
    async def scenario() -> None:
        async with running(market_of(mara()), "seller") as client:
            await client.press("2", "a", "0", "enter")
            lines = [line.strip() for line in client.text.splitlines()]
            label = lines.index("Units that came in, of each")
            assert lines[label + 1 : label + 3] == ["whole units like 12 are expected", "0"]

    asyncio.run(scenario())


def test_products_are_searched_and_esc_shows_all_again() -> None:
    async def scenario() -> None:
        async with running(market_of(mara()), "seller") as client:
            await client.press("2", "slash")
            await client.type("bowl")
            assert "Teapot" not in client.text
            await client.type("x")
            assert "None of your products is called “bowlx”." in client.text
            await client.press("escape", "escape")
            assert "Teapot" in client.text

    asyncio.run(scenario())
