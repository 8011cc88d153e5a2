"""The terminal client of one person, driven by keys against a real marketplace."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from textual.pilot import Pilot

from marketplace_tui.app import MarketplaceApp
from marketplace_tui.model.marketplace import Marketplace
from marketplace_tui.model.tasks import Tasks
from marketplace_tui.settings import Read, Settings
from services_stub.client import MarketplaceClient
from services_stub.contracts.control import State
from tests.tui.running import LARGE, SETTINGS, screen_text
from tests.waiting import eventually_true


@dataclass
class Terminal:
    """The running client."""

    app: MarketplaceApp
    pilot: Pilot[None]

    async def press(self, *keys: str) -> None:
        """Press keys."""
        await self.pilot.press(*keys)

    async def fill(self, *values: str) -> None:
        """Type into the fields of a form, one after the other, and leave each with enter."""
        for value in values:
            await self.press(*value, "enter")

    async def sees(self, *words: str) -> None:
        """Wait until all of these stand on the screen."""
        try:
            await eventually_true(lambda: all(one in screen_text(self.app) for one in words))
        except AssertionError as error:
            raise AssertionError(f"{words} are not all on this screen:\n{screen_text(self.app)}") from error


@asynccontextmanager
async def terminal_of(client: MarketplaceClient, state: State | None = None) -> AsyncIterator[Terminal]:
    """Run the client for a person, with the control API of a state; a bug in its background work fails the test."""
    bugs: list[BaseException] = []
    marketplace = Marketplace(client, Tasks(bugs.append), state=state)
    read = Read(Settings(ascii=False, animations=False))
    app = MarketplaceApp(marketplace, read=read, settings_path=SETTINGS)
    async with app.run_test(size=LARGE) as pilot:
        yield Terminal(app, pilot)
    await marketplace.close()
    assert bugs == []
