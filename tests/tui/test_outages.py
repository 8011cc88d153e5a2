"""The marketplace away, slow, and cut off in between: nothing typed is lost, and the screen says how old it is."""

from __future__ import annotations

import asyncio

from tests.tui.data import PRODUCTS, shop
from tests.tui.running import running


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
