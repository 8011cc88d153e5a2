"""From the cart to a paid order: few keys, nothing charged that was not accepted, nothing lost when it fails."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import httpx

from services_stub.contracts.events.order import OrderStatus
from services_stub.contracts.problem import problem
from tests.tui.fake_marketplace import Refused
from tests.tui.running import RunningClient, assert_goldens, running
from tests.tui.shopping import Shopping
from tests.tui.values import DECLINED, order

CARD = "pm_card_visa"


def returning() -> Shopping:
    """A shopper who has bought before."""
    return Shopping(orders=[order(1, OrderStatus.PENDING, OrderStatus.PAID)])


async def until_text(client: RunningClient, words: str) -> None:
    """Wait until the screen has these words: the stream gathers events for a tenth of a second."""
    async with asyncio.timeout(20):
        while words not in client.text:
            await client.pilot.pause(0.02)
            await client.settle()


def test_a_returning_shopper_needs_four_keys_to_a_paid_order() -> None:
    async def scenario() -> None:
        shopping = returning()
        async with running(shopping.fake, "user") as client:
            await client.press("a", "c", "b")
            await assert_goldens(client, "checkout-summary")
            await client.press("enter")
            assert [(card, amount) for _, card, amount in shopping.placed_with] == [(CARD, Decimal("18.50"))]
            await assert_goldens(client, "checkout-pending")
            shopping.settle()
            await until_text(client, "● PAID")
            assert "Orders › …" in client.text.splitlines()[0]

    asyncio.run(scenario())


def test_a_new_shopper_chooses_a_card_first() -> None:
    async def scenario() -> None:
        shopping = Shopping()
        async with running(shopping.fake, "user") as client:
            await client.press("a", "c", "b", "b")
            assert "Choose a card first." in client.text
            await client.press("enter")
            await client.type("visa")
            await client.press("enter", "enter")
            assert [card for _, card, _ in shopping.placed_with] == [CARD]

    asyncio.run(scenario())


def test_a_declined_card_gives_the_cart_back_and_offers_another() -> None:
    async def scenario() -> None:
        shopping = Shopping()
        async with running(shopping.fake, "user") as client:
            await client.press("a", "a", "j", "a", "c", "b", "p")
            await client.type("declined")
            await client.press("enter", "enter")
            assert client.app.marketplace.cart.units == 0
            shopping.settle()
            await until_text(client, "Not paid: the card was declined.")
            assert shopping.cart.quantities == {"p-1": 2, "p-2": 1}
            await assert_goldens(client, "checkout-declined")
            await client.press("enter")
            await client.type("visa")
            await client.press("enter", "enter")
            assert [card for _, card, _ in shopping.placed_with] == [DECLINED, CARD]
            assert len({key for key, _, _ in shopping.placed_with}) == 2
            shopping.settle()
            await until_text(client, "● PAID")

    asyncio.run(scenario())


def test_a_declined_card_gives_the_cart_back_even_where_the_shopper_left() -> None:
    async def scenario() -> None:
        shopping = Shopping()
        async with running(shopping.fake, "user") as client:
            await client.press("a", "c", "b", "p")
            await client.type("declined")
            await client.press("enter", "enter", "1")
            shopping.settle()
            await until_text(client, "cart 1")

    asyncio.run(scenario())


def test_a_changed_price_is_shown_and_accepted_before_anything_is_ordered() -> None:
    async def scenario() -> None:
        shopping = returning()
        async with running(shopping.fake, "user") as client:
            await client.press("a", "a", "c", "b")
            lines = [{"productId": "p-1", "problem": "price-changed", "oldPrice": "18.50", "newPrice": "20.00"}]
            shopping.refuse = Refused(problem(409, "price-changed", "p-1: price-changed", lines=lines))
            shopping.cart.prices["p-1"] = Decimal("20.00")
            await client.press("enter")
            await assert_goldens(client, "checkout-price-changed")
            await client.press("enter")
            assert len(shopping.placed_with) == 1
            await client.press("enter")
            assert [amount for _, _, amount in shopping.placed_with] == [Decimal("37.00"), Decimal("40.00")]

    asyncio.run(scenario())


def test_what_is_sold_out_stands_at_its_line() -> None:
    async def scenario() -> None:
        shopping = returning()
        async with running(shopping.fake, "user") as client:
            await client.press("a", "c", "b")
            lines = [{"productId": "p-1", "problem": "out-of-stock", "available": 0}]
            shopping.refuse = Refused(problem(409, "out-of-stock", "p-1: out-of-stock", lines=lines))
            await client.press("enter")
            assert "✗ sold out" in client.text
            assert "Not ordered: there is less in stock than you want." in client.text
            assert shopping.cart.quantities == {"p-1": 1}

    asyncio.run(scenario())


def test_a_lost_answer_is_asked_for_again_with_the_same_key() -> None:
    async def scenario() -> None:
        shopping = returning()
        async with running(shopping.fake, "user") as client:
            await client.press("a", "c", "b")
            shopping.refuse = httpx.ReadTimeout("")
            await client.press("enter")
            await assert_goldens(client, "checkout-unknown")
            await client.press("p")
            assert "First find out whether the order was placed" in client.text
            await client.press("enter")
            first, second = shopping.placed_with
            assert first == second
            assert len(shopping.orders) == 2

    asyncio.run(scenario())


def test_pressing_the_key_again_and_again_places_one_order() -> None:
    async def scenario() -> None:
        shopping = returning()
        async with running(shopping.fake, "user") as client:
            await client.press("a", "c", "b")
            shopping.fake.held = asyncio.Event()
            await client.pilot.press(*["enter"] * 5)
            shopping.fake.held.set()
            await client.settle()
            assert len(shopping.placed_with) == 1

    asyncio.run(scenario())
