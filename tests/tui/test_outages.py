"""The marketplace away, slow, and cut off in between: nothing typed is lost, and the screen says how old it is."""

from __future__ import annotations

import asyncio

import httpx
from textual import events

from marketplace_tui.model.storefront import offer_of
from marketplace_tui.widgets.entry import LONGEST_SEARCH, Entry
from services_stub.contracts.http.cart import Cart
from services_stub.contracts.problem import problem
from tests.tui.data import PRODUCTS, shop
from tests.tui.fake_marketplace import Refused
from tests.tui.running import running
from tests.tui.seller.data import SellerOfTests, market_of


def test_what_was_shown_stays_with_its_age_and_comes_back_by_itself() -> None:
    async def scenario() -> None:
        fake = shop()
        async with running(fake, "user") as client:
            fake.away = True
            client.clock.seconds += 12
            await client.press("f5")
            text = client.text
            assert "offline since 12 s, showing what was" in text
            assert "Stoneware bowl" in text
            fake.away = False
            client.app.screen.refresh_data()  # type: ignore[attr-defined]  # as the screen does every five seconds
            await client.settle()
            assert "offline" not in client.text

    asyncio.run(scenario())


def test_keys_are_taken_while_answers_are_slow() -> None:
    async def scenario() -> None:
        fake = shop()
        async with running(fake, "user") as client:
            fake.held = asyncio.Event()
            await client.pilot.press("slash", *"lamp")
            await client.pilot.pause()
            text = client.text
            assert "lamp" in text
            assert "Stoneware bowl" in text
            fake.held.set()
            await client.settle()
            text = client.text
            assert "Desk lamp" in text
            assert "Stoneware bowl" not in text

    asyncio.run(scenario())


def test_only_the_answer_to_the_last_query_is_shown() -> None:
    async def scenario() -> None:
        fake = shop()
        async with running(fake, "user") as client:
            await client.press("slash")
            await client.type("bowl")
            asked = len([path for _, path in fake.requests if path.endswith("/search")])
            assert asked <= 6
            assert [product.name for product in client.app.screen.model.found.items] == [  # type: ignore[attr-defined]
                product.name for product in PRODUCTS if "bowl" in product.name.casefold()
            ]

    asyncio.run(scenario())


def test_a_form_is_submitted_once_however_often_it_is_saved_while_the_answer_is_awaited() -> None:
    async def scenario() -> None:
        fake = market_of(SellerOfTests())
        async with running(fake, "seller") as client:
            await client.press("n")
            await client.pilot.press(*"Jug", "enter", *"Kitchen", "enter", *"10", "enter", *"5", "enter")
            fake.held = asyncio.Event()
            await client.pilot.press("enter", "ctrl+s", "enter")
            await client.pilot.pause()
            assert "The answer is awaited" in client.text
            fake.held.set()
            await client.settle()
            assert "Jug is on sale." in client.text
        assert [path for method, path in fake.requests if method == "POST"] == ["/product-service/api/products"]

    asyncio.run(scenario())


def test_an_error_is_said_although_its_form_was_given_up_meanwhile() -> None:
    async def scenario() -> None:
        fake = market_of(SellerOfTests())
        async with running(fake, "seller") as client:
            await client.press("n")
            await client.pilot.press(*"Jug", "enter", *"Kitchen", "enter", *"10", "enter", *"5", "enter")
            fake.held = asyncio.Event()
            await client.pilot.press("enter", "escape")
            fake.away = True
            fake.answers.clear()
            fake.held.set()
            await client.settle()
            assert "POST /product-service/api/products" in client.text

    asyncio.run(scenario())


def test_of_a_text_that_is_too_long_as_much_is_pasted_as_can_be_searched_for() -> None:
    async def scenario() -> None:
        fake = shop()
        async with running(fake, "user") as client:
            await client.press("slash")
            client.app.post_message(events.Paste("bowl " * 20_000))
            await client.settle()
            assert len(client.app.screen.query_one("#search", Entry).value) == LONGEST_SEARCH
            assert "offline" not in client.text

    asyncio.run(scenario())


def test_a_change_of_the_cart_after_one_that_is_refused_is_still_made() -> None:
    async def scenario() -> None:
        fake = shop()
        async with running(fake, "user") as client:
            cart = client.app.marketplace.cart
            refusals = [Refused(problem(409, "too-many", "so many are not sold"))]
            add = fake.answers["POST", "/cart-service/api/cart/public/add"]

            def answer(request: httpx.Request, match: object) -> Cart:
                if refusals:
                    cart.set(offer_of(PRODUCTS[0]), 2)
                    raise refusals.pop()
                return add(request, match)  # type: ignore[no-any-return, arg-type]

            fake.on("POST", "/cart-service/api/cart/public/add", answer)
            cart.set(offer_of(PRODUCTS[0]), 99)
            await client.settle()
            assert "so many are not sold" in client.text
            assert [line.quantity for line in cart.shown.lines] == [2]
            assert not cart.is_pending

    asyncio.run(scenario())
