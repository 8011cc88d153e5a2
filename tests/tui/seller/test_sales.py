"""The seller's first screen and the orders, as they are used."""

from __future__ import annotations

import asyncio

import pytest

from services_stub.contracts.events.order import OrderStatus, OrderUpdated
from tests.tui.running import running
from tests.tui.seller.data import mara, market_of
from tests.tui.seller.samples import sale
from tests.waiting import eventually_true

ORDERS = "/order-service/api/orders"


def line_with(text: str, words: str) -> str:
    """The first line of a screen that contains some words."""
    return next((line for line in text.splitlines() if words in line), "")


def test_the_selected_order_is_shipped_and_delivered() -> None:
    async def scenario() -> None:
        seller = mara()
        async with running(market_of(seller), "seller") as client:
            await client.press("s")
            assert "o-2 ✈ SHIPPED: Shipped" in client.text
            assert "✈ SHIPPED" in line_with(client.text, "▸ o-2")
            await client.press("s")
            assert "Only what is paid and not shipped yet can be shipped." in client.text
            await client.press("d")
            assert "o-2 ✓ DELIVERED: Delivered" in client.text
            assert "1 to ship" in client.text
            assert client.fake.requests.count(("POST", f"{ORDERS}/o-2/ship")) == 1

    asyncio.run(scenario())


def test_a_refund_asks_for_the_reason_and_says_what_comes_of_it() -> None:
    async def scenario() -> None:
        seller = mara()
        async with running(market_of(seller), "seller") as client:
            await client.press("r")
            assert "Refund o-2" in client.text
            await client.press("escape")
            assert seller.reasons == []
            await client.press("r")
            await client.type("broken")
            await client.press("enter")
            assert seller.reasons == ["broken"]
            assert "The money goes back" in client.text

    asyncio.run(scenario())


def test_an_order_appears_by_itself_and_the_cursor_stays() -> None:
    async def scenario() -> None:
        seller = mara()
        async with running(market_of(seller), "seller") as client:
            await client.press("j")
            seller.sales.insert(0, sale(9, OrderStatus.PAID, "Teapot", "47.00", 0))
            client.fake.publish(
                OrderUpdated(
                    order_id="o-9",
                    user_id="u-ana",
                    status=OrderStatus.PAID,
                    previous_status=OrderStatus.PENDING,
                    reason="paid",
                    amount=seller.sales[0].amount,
                    items=[],
                )
            )
            await eventually_true(lambda: "o-9" in client.text)
            assert "3 to ship" in client.text
            assert "▸ o-4" in client.text

    asyncio.run(scenario())


def test_the_series_goes_by_day_and_by_hour() -> None:
    async def scenario() -> None:
        async with running(market_of(mara()), "seller") as client:
            assert line_with(client.text, "30 days").split()[:3] == ["Today", "115.90", "USD"]
            await client.press("v")
            assert line_with(client.text, "24 hours").split()[:4] == ["This", "hour", "0.00", "USD"]

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("staleness", "words"),
    [
        (0.2, ""),
        (4.2, "read up to 12:00:00 UTC: the last 4 s are not counted yet"),
        (None, "read up to 12:00:00 UTC; how old these numbers are is not known"),
    ],
)
def test_numbers_that_are_old_say_so(staleness: float | None, words: str) -> None:
    async def scenario() -> None:
        seller = mara()
        seller.staleness = staleness
        async with running(market_of(seller), "seller") as client:
            assert line_with(client.text, "read up to")[3:] == words

    asyncio.run(scenario())


def test_the_last_answer_stays_with_its_age_while_there_is_no_newer_one() -> None:
    async def scenario() -> None:
        async with running(market_of(mara()), "seller") as client:
            client.fake.away = True
            client.clock.seconds += 12
            await client.press("f5")
            assert "as it was 12 s ago" in client.text
            assert "2 × Stoneware bowl" in client.text

    asyncio.run(scenario())


def test_keys_of_products_need_the_list_of_products() -> None:
    async def scenario() -> None:
        async with running(market_of(mara()), "seller") as client:
            await client.press("e")
            assert "Select one of your products first." in client.text
            await client.press("tab", "j", "e")
            assert "Edit Teapot" in client.text
            await client.press("escape", "s")
            assert all(path != f"{ORDERS}/o-2/ship" for _, path in client.fake.requests)
            await client.press("enter")
            assert "Products" in client.text.splitlines()[0]
            assert "▸ Teapot" in client.text

    asyncio.run(scenario())


def test_orders_are_shown_by_status() -> None:
    async def scenario() -> None:
        async with running(market_of(mara()), "seller") as client:
            await client.press("3", "f")
            await client.type("to ship")
            await client.press("enter")
            assert "● PAID  to ship" in client.text
            assert "o-5" not in client.text
            await client.press("j", "s")
            assert "o-4 ✈ SHIPPED: Shipped" in client.text
            assert "● PAID       1 × Teapot" not in client.text
            await client.press("escape")
            assert "✓ DELIVERED" in line_with(client.text, "o-5")
            await client.press("g", "j", "j", "d")
            assert "✓ DELIVERED" in line_with(client.text, "▸ o-3")
            await client.press("r")
            await client.type("late")
            await client.press("enter")
            assert "↻ REFUNDING" in line_with(client.text, "▸ o-3")
            await client.press("enter")
            assert "o-3" in client.text.splitlines()[0]

    asyncio.run(scenario())


def test_notices_are_read_and_lead_to_their_product() -> None:
    async def scenario() -> None:
        seller = mara()
        async with running(market_of(seller), "seller") as client:
            await client.press("4", "m")
            assert "1 unread" in client.text
            await client.press("m")
            assert "Nothing here is unread." in client.text
            await client.press("M")
            assert "0 unread" in client.text
            await client.press("e", "ctrl+u")
            await client.type("many")
            await client.press("enter")
            assert "whole units like 5 are expected" in client.text
            await client.press("ctrl+u", "7", "enter")
            assert seller.threshold == 7
            assert "Low stock is 7 units or fewer" in client.text
            await client.press("j", "enter")
            assert "▸ Teapot" in client.text

    asyncio.run(scenario())
