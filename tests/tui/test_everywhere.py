"""The dialogs of every screen, the keys, and sizes that are too small."""

from __future__ import annotations

import asyncio

import pytest

from tests.tui.data import shop
from tests.tui.running import SMALL, assert_golden, running


def test_help_shows_every_key_of_the_screen() -> None:
    async def scenario() -> None:
        async with running(shop(), "user", size=(120, 40)) as client:
            await client.press("question_mark")
            assert_golden(client.text, "help-storefront-120x40")
            await client.press("escape")
            assert "Stoneware bowl" in client.text

    asyncio.run(scenario())


def test_the_palette_finds_actions_and_products() -> None:
    async def scenario() -> None:
        fake = shop()
        async with running(fake, "user") as client:
            await client.press("ctrl+p")
            await client.type("bowl")
            assert_golden(client.text, "palette-bowl-80x24")
            await client.press("escape", "ctrl+p")
            await client.type("one more")
            await client.press("enter")
            assert "cart 1" in client.text

    asyncio.run(scenario())


def test_jump_mode_goes_to_what_its_key_stands_on() -> None:
    async def scenario() -> None:
        async with running(shop(), "user") as client:
            await client.press("ctrl+o")
            assert_golden(client.text, "jump-80x24")
            await client.press("a")
            await client.type("lamp")
            assert "Desk lamp" in client.text
            assert "Stoneware" not in client.text

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("keys", "copied"), [(["y"], "p-1"), (["Y", *"command", "enter"], "marketplace shop show p-1")]
)
def test_what_is_selected_is_copied(keys: list[str], copied: str) -> None:
    async def scenario() -> None:
        async with running(shop(), "user") as client:
            await client.press(*keys)
            assert client.app.clipboard == copied

    asyncio.run(scenario())


def test_a_setting_applies_at_once() -> None:
    async def scenario() -> None:
        async with running(shop(), "user") as client:
            await client.press("f2")
            await client.type("light theme: marketplace")
            await client.press("enter", "escape")
            assert client.app.theme == "marketplace-light"

    asyncio.run(scenario())


@pytest.mark.parametrize("size", [(60, 24), (80, 15), (20, 5)])
def test_a_terminal_that_is_too_small_says_so_calmly(size: tuple[int, int]) -> None:
    async def scenario() -> None:
        async with running(shop(), "user", size=size) as client:
            assert "smallest size" in " ".join(client.text.split())
            await client.resize(SMALL)
            assert "Stoneware bowl" in client.text

    asyncio.run(scenario())


def test_sections_are_reached_by_their_digits() -> None:
    async def scenario() -> None:
        async with running(shop(), "user") as client:
            await client.press("1")
            assert "Marketplace › Shop" in client.text

    asyncio.run(scenario())
