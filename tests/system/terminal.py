"""The terminal client of one person, driven by keys and mouse against a real marketplace."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from textual.pilot import Pilot

from marketplace_tui.app import MarketplaceApp
from marketplace_tui.model.marketplace import Marketplace as ClientModel
from marketplace_tui.model.tasks import Tasks
from marketplace_tui.settings import Read, Settings
from services_stub.client import MarketplaceClient
from services_stub.contracts.control import State
from tests.system.marketplace import Marketplace
from tests.tui.running import LARGE, SETTINGS, screen_text
from tests.waiting import eventually_true


@dataclass
class Terminal:
    """The running client. `keys` counts those that were pressed."""

    app: MarketplaceApp
    pilot: Pilot[None]
    keys: int = 0

    @property
    def text(self) -> str:
        """The screen."""
        return screen_text(self.app)

    async def press(self, *keys: str) -> None:
        """Press keys."""
        self.keys += len(keys)
        await self.pilot.press(*keys)

    async def fill(self, *values: str) -> None:
        """Type into the fields of a form, one after the other, and leave each with enter."""
        for value in values:
            await self.press(*value, "enter")

    async def choose(self, key: str, title: str, words: str) -> None:
        """Press the key of a list of choices, and take the first choice that has some words."""
        await self.press(key)
        await self.sees(title)
        await self.fill(words)

    async def go_to(self, row: str) -> None:
        """Put the cursor on the row that begins with some words, with the keys of lists."""
        await self.sees(f" {row}")
        await self.press("g")
        for _ in range(self.text.count("\n")):
            if f"▸ {row}" in self.text:
                return
            await self.press("j")
        raise AssertionError(f"there is no row {row}:\n{self.text}")

    async def click(self, words: str) -> None:
        """Wait for these words, and click into the middle of the last place where the screen has them."""
        await self.sees(words)
        lines = self.text.splitlines()
        row, column = max((row, line.rfind(words)) for row, line in enumerate(lines) if words in line)
        await self.pilot.click(offset=(column + len(words) // 2, row))

    async def sees(self, *words: str) -> None:
        """Wait until all of these stand on the screen."""
        await self._until(lambda text: all(one in text for one in words), f"{words} are not all")

    async def lacks(self, *words: str) -> None:
        """Wait until none of these stands on the screen."""
        await self._until(lambda text: not any(one in text for one in words), f"one of {words} is")

    async def _until(self, holds: Callable[[str], bool], problem: str) -> None:
        try:
            await eventually_true(lambda: holds(self.text))
        except AssertionError as error:
            raise AssertionError(f"{problem} on this screen:\n{self.text}") from error


def beside(marketplace: Marketplace, person: MarketplaceClient) -> MarketplaceClient:
    """A second client in the session of a person, so that the first one goes on when it is closed."""
    return MarketplaceClient(marketplace.gateway, session=person.session, timeout=30.0)


@asynccontextmanager
async def terminal_of(client: MarketplaceClient, state: State | None = None) -> AsyncIterator[Terminal]:
    """Run the client for a person, with the control API of a state; a bug in its background work fails the test."""
    bugs: list[BaseException] = []
    marketplace = ClientModel(client, Tasks(bugs.append), state=state)
    read = Read(Settings(ascii=False, animations=False))
    app = MarketplaceApp(marketplace, read=read, settings_path=SETTINGS)
    async with app.run_test(size=LARGE) as pilot:
        yield Terminal(app, pilot)
    await marketplace.close()
    assert bugs == []
