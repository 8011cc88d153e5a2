"""The screen of a run: empty, waiting, running, killed and ended, another run chosen, and all of it by keys."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from marketplace_tui.model.admin import simulation
from services_stub.client.user_files import state_directory
from simulator.history import runs
from tests.tui.admin.data import STATE
from tests.tui.admin.fakes import AdminMarketplace, FakeControl
from tests.tui.admin.runs import FRESH, beginning, begun, ended, load, stored
from tests.tui.admin.test_simulation_model import HERE, NEW, NEWER, OLD
from tests.tui.running import LARGE, SMALL, RunningClient, assert_golden, assert_goldens, running


@pytest.fixture
def directory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """The directory of runs, in a home of its own. Processes are there as a test says."""
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("XDG_STATE_HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    HERE.add(begun("").pid)
    for module in (simulation, runs):
        monkeypatch.setattr(module, "is_carried_out", lambda one: one.pid in HERE)
    yield state_directory() / "runs"
    HERE.clear()


@asynccontextmanager
async def watching(
    size: tuple[int, int] = SMALL, *, ascii_only: bool = False, flat: bool = False
) -> AsyncIterator[RunningClient]:
    """The client of an admin that watches a run."""
    control = FakeControl()
    async with running(
        AdminMarketplace().fake,
        "admin",
        size=size,
        state=STATE,
        connect=lambda: control,
        ascii_only=ascii_only,
        flat=flat,
    ) as client:
        await client.press("f4")
        yield client


async def again(client: RunningClient) -> str:
    """The screen after it has looked again."""
    await client.press("f5")
    return client.text


def test_a_run_is_watched_from_nothing_to_its_verdict(directory: Path) -> None:
    async def scenario() -> None:
        async with watching() as client:
            assert_golden(client.text, "admin/simulation-empty-80x24")
            stored(directory, NEW, beginning(NEW))
            await again(client)
            assert_golden(client.text, "admin/simulation-waiting-80x24")
            stored(directory, NEW, load(32))
            assert "FAULT kill:payment@6s+30s" in await again(client)
            await assert_goldens(client, "admin/simulation-running")
            HERE.clear()
            assert "killed: its process is gone" in await again(client)
            assert_golden(client.text, "admin/simulation-killed-80x24")
            stored(directory, NEW, [ended()])
            assert "verdict: pass" in await again(client)
            await assert_goldens(client, "admin/simulation-ended")

    asyncio.run(scenario())


def test_another_run_is_chosen_and_its_lines_are_opened_and_copied(directory: Path) -> None:
    async def scenario() -> None:
        async with watching() as client:
            await client.press("y")
            command = "marketplace simulate run --seed 7 --rate 50 --duration 60s --data-dir /nowhere"
            assert client.app.clipboard == command
            await client.press("r")
            assert "There is no run that could be shown." in client.text
            stored(directory, OLD, [*beginning(OLD), *load(37), ended("SLO missed", 3)])
            stored(directory, NEWER, beginning(NEWER), FRESH)
            assert "r has a newer one" in await again(client)
            await client.press("y")
            assert client.app.clipboard == str(directory / OLD / "summary.md")
            await client.press("home", "enter")
            assert "Told by the run" in client.text
            await client.press("escape")
            stored(directory, OLD, beginning(OLD)[-1:])
            await again(client)
            await client.press("y")
            assert client.app.clipboard == "making the population"  # the cursor stays where it was put
            await client.press("r")
            assert_golden(client.text, "admin/simulation-runs-80x24")
            await client.type("another")
            await client.press("enter")
            assert "Chosen: a marketplace of its own" in client.text
            stored(directory, NEWER, [*load(1), ended("interrupted", 130)], FRESH)
            assert "interrupted: these results are partial" in await again(client)
            await client.press("r")
            await client.press("enter")
            assert "verdict: SLO missed" in client.text

    asyncio.run(scenario())


@pytest.mark.slow
def test_it_is_for_admins_of_a_marketplace_on_this_machine() -> None:
    async def scenario() -> None:
        async with running(AdminMarketplace().fake, "admin") as client:
            await client.press("f4")
            assert "This needs a marketplace on this machine" in client.text

    asyncio.run(scenario())


@pytest.mark.slow
def test_it_can_be_read_without_layout_and_in_ascii(directory: Path) -> None:
    stored(directory, NEW, [*beginning(NEW), *load(41)])

    async def scenario() -> None:
        for flat, name in ((True, "flat"), (False, "ascii")):
            async with watching(LARGE, ascii_only=True, flat=flat) as client:
                assert_golden(client.text, f"admin/simulation-{name}-120x40")
                assert client.text.isascii()

    asyncio.run(scenario())
