"""The client on a terminal of a fixed size, at a fixed time, and its screen as text."""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from textual.pilot import Pilot

from marketplace_tui.app import MarketplaceApp
from marketplace_tui.model.control import Connect
from marketplace_tui.model.marketplace import Marketplace
from marketplace_tui.model.tasks import Tasks
from marketplace_tui.model.trace.playback import Playback
from marketplace_tui.settings import Read, Settings
from services_stub.contracts.control import State
from services_stub.contracts.http.auth import Role
from tests.tui.fake_marketplace import FakeMarketplace

GOLDEN = Path(__file__).parent / "golden"
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
SMALL, LARGE = (80, 24), (120, 40)
_DIRECTORY = tempfile.TemporaryDirectory(prefix="marketplace-client-")
SETTINGS = Path(_DIRECTORY.name) / "client.toml"


async def nothing_left_to_do(_least: float = 0.0, most: float = 1.0) -> None:
    """Wait until the event loop has nothing to do but what timers, sockets and threads bring; `most` seconds."""
    loop: Any = asyncio.get_running_loop()
    ready = loop._ready  # no public part of a loop tells
    deadline = time.monotonic() + most
    await asyncio.sleep(0)
    while ready and time.monotonic() < deadline:
        await asyncio.sleep(0)


@dataclass
class Clock:
    """A clock that goes on only where a test says so. Seconds."""

    seconds: float = 1000.0

    def __call__(self) -> float:
        return self.seconds


@dataclass
class RunningClient:
    """The app, its pilot, and the marketplace behind it."""

    app: MarketplaceApp
    pilot: Pilot[None]
    fake: FakeMarketplace
    clock: Clock

    async def settle(self) -> None:
        """Wait until every answer has come and is drawn."""
        for _ in range(3):
            await self.app.marketplace.tasks.idle()
            await self.pilot.pause()

    async def press(self, *keys: str) -> None:
        """Press keys, and wait for what each does: one that opens a screen is not there for the next at once."""
        for key in keys:
            await self.pilot.press(key)
            await self.settle()

    async def resize(self, size: tuple[int, int]) -> None:
        """Give the terminal another size."""
        await self.pilot.resize_terminal(*size)
        self.app._check_resize()  # at once: Textual waits for further changes
        for _ in range(2):
            await self.pilot.pause()

    async def type(self, text: str) -> None:
        """Type a text."""
        await self.pilot.press(*(f"{'space' if character == ' ' else character}" for character in text))
        await self.settle()

    @property
    def text(self) -> str:
        """The screen as text, without trailing spaces."""
        return screen_text(self.app)


@asynccontextmanager
async def running(
    fake: FakeMarketplace,
    role: Role | None = None,
    *,
    size: tuple[int, int] = SMALL,
    state: State | None = None,
    connect: Connect | None = None,
    recording: Path | None = None,
    ascii_only: bool = False,
    flat: bool = False,
    settled: bool = True,
) -> AsyncIterator[RunningClient]:
    """Run the client; a bug in its background work fails the test."""
    bugs: list[BaseException] = []
    clock = Clock()
    tasks = Tasks(bugs.append)
    marketplace = Marketplace(
        fake.client(role),
        tasks,
        state=state,
        connect=connect,
        recording=None if recording is None else Playback(tasks, recording, clock),
        clock=clock,
        now=lambda: NOW,
    )
    settings = Settings(ascii=ascii_only, flat=flat, animations=False)
    app = MarketplaceApp(marketplace, gateway="http://marketplace.test", read=Read(settings), settings_path=SETTINGS)
    async with app.run_test(size=size) as pilot:
        client = RunningClient(app, pilot, fake, clock)
        if settled:
            await client.settle()
        else:
            await pilot.pause()
        yield client
        if fake.held is not None:
            fake.held.set()
    await marketplace.close()
    if bugs:
        raise bugs[0]


async def assert_goldens(client: RunningClient, name: str) -> None:
    """Compare the screen of a client of 80×24 with the kept one, and the same screen on 120×40."""
    assert_golden(client.text, f"{name}-80x24")
    await client.resize(LARGE)
    assert_golden(client.text, f"{name}-120x40")
    await client.resize(SMALL)


def screen_text(app: MarketplaceApp) -> str:
    """The screen of the terminal. Reads the compositor, as Textual's own screenshot does."""
    width, height = app.size
    console = Console(width=width, height=height, record=True, file=open(os.devnull, "w"), legacy_windows=False)  # noqa: SIM115, PTH123
    with console.file:
        console.print(app.screen._compositor.render_update(full=True, screen_stack=app._background_screens))
        lines = console.export_text().splitlines()
    return "\n".join(line.rstrip() for line in lines[:height]) + "\n"


def assert_golden(text: str, name: str) -> None:
    """Compare a screen with the kept one; `UPDATE_GOLDENS=1` keeps it anew."""
    path = GOLDEN / f"{name}.txt"
    if os.environ.get("UPDATE_GOLDENS") == "1":
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_text(text, encoding="utf-8")
    assert path.exists(), f"{path} is missing: run the test once with UPDATE_GOLDENS=1, and look at it"
    assert text == path.read_text(encoding="utf-8"), "the screen changed; UPDATE_GOLDENS=1 keeps it anew"
