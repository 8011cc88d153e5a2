"""A shopper in the terminal client against a real marketplace: one purchase by keys alone, one by mouse alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from textual.pilot import Pilot

from marketplace_tui.app import MarketplaceApp
from marketplace_tui.model.marketplace import Marketplace as ClientModel
from marketplace_tui.model.tasks import Tasks
from marketplace_tui.settings import Read, Settings
from services_stub.client import MarketplaceClient
from services_stub.contracts.events.order import OrderStatus
from tests.system.accounts import new_person, new_product
from tests.system.marketplace import Marketplace
from tests.tui.running import screen_text
from tests.waiting import eventually

MOST_KEYS = 12


class Terminal:
    """The client on a terminal of 120×40, which counts the keys."""

    def __init__(self, app: MarketplaceApp, pilot: Pilot[None]) -> None:
        self.app, self.pilot = app, pilot
        self.keys = 0

    async def press(self, *keys: str) -> None:
        """Press keys."""
        self.keys += len(keys)
        await self.pilot.press(*keys)

    async def click(self, words: str) -> None:
        """Click into the middle of the last place where the screen has these words."""
        lines = screen_text(self.app).splitlines()
        row, column = max((row, line.rfind(words)) for row, line in enumerate(lines) if words in line)
        await self.pilot.click(offset=(column + len(words) // 2, row))

    async def until(self, *words: str) -> None:
        """Wait until the screen has all of these words."""

        async def shown() -> bool:
            await self.pilot.pause()
            text = screen_text(self.app)
            return all(word in text for word in words)

        await eventually(shown, seconds=30, what=f"{words} on the screen")


@asynccontextmanager
async def terminal(marketplace: Marketplace, shopper: MarketplaceClient, settings: Path) -> AsyncIterator[Terminal]:
    """The client of a shopper who is signed in; a bug in its background work fails the test."""
    bugs: list[BaseException] = []
    client = MarketplaceClient(marketplace.gateway, session=shopper.session, timeout=30.0)
    model = ClientModel(client, Tasks(bugs.append), state=marketplace.state)
    app = MarketplaceApp(
        model, gateway=marketplace.gateway, read=Read(Settings(animations=False)), settings_path=settings
    )
    async with app.run_test(size=(120, 40)) as pilot:
        yield Terminal(app, pilot)
    await model.close()
    assert bugs == []


def test_a_shopper_buys_with_few_keys_and_with_the_mouse_alone(marketplace: Marketplace, tmp_path: Path) -> None:
    async def scenario() -> None:
        seller, shopper = await new_person(marketplace, "seller"), await new_person(marketplace)
        product = await new_product(seller, quantity=10, price="19.99", name="Zebra-striped teapot")

        async def is_found() -> bool:
            return bool((await shopper.search.find("zebra")).items)

        await eventually(is_found, seconds=10, what="the product in the search index")
        await shopper.cart.add(product.product_id)
        await shopper.orders.place("pm_card_visa")
        async with terminal(marketplace, shopper, tmp_path / "client.toml") as screen:
            await screen.until("in stock", "cart 0")
            await screen.press("slash", *"zebra", "enter")
            await screen.until("Zebra-striped teapot")
            await screen.press("a", "c", "b")
            await screen.until("Place the order for 19.99 USD", "● pm_card_visa")
            await screen.press("enter")
            await screen.until("◐ PENDING → ● PAID", "order-updated[", "notification +")
            assert screen.keys <= MOST_KEYS
        async with terminal(marketplace, shopper, tmp_path / "client.toml") as screen:
            await screen.until("in stock", "cart 0")
            await screen.click("a add")
            await screen.until("cart 1")
            await screen.click("  cart 1")
            await screen.until("b check out")
            await screen.click("b check out")
            await screen.until("Place the order for", "● pm_card_visa")
            await screen.click("Place the order for")
            await screen.until("◐ PENDING → ● PAID")
            assert screen.keys == 0
        orders = (await shopper.orders.list()).items
        assert [order.status for order in orders] == [OrderStatus.PAID] * 3

    asyncio.run(scenario())
