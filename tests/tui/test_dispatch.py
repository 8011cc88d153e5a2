"""Keys that come all at once do what they do one by one."""

from __future__ import annotations

import asyncio

import pytest
from textual import events
from textual.widgets import Input

from tests.tui.data import shop
from tests.tui.running import running

AT_ONCE = {
    "a search": (["slash", "l", "a", "m", "p"], "Desk lamp"),
    "the cursor, then the product under it": (["j", "a", "a"], "in cart 2"),
    "a search, and what follows it": (["slash", "l", "a", "m", "p", "enter", "c"], "Marketplace › Cart"),
    "into the cart and out again": (["a", "a", "minus"], "cart 1"),
}


@pytest.mark.parametrize("name", AT_ONCE)
def test_keys_of_one_piece_are_taken_in_their_order(name: str) -> None:
    keys, expected = AT_ONCE[name]

    async def scenario() -> None:
        async with running(shop(), "user") as client:
            # Without a pause between them, as a terminal hands over what was pasted.
            for key in keys:
                client.app.simulate_key(key)
            await client.settle()
            assert expected in client.text

    asyncio.run(scenario())


def test_what_follows_enter_in_a_form_goes_into_the_next_field() -> None:
    async def scenario() -> None:
        async with running(shop()) as client:
            await client.press("L", "enter")
            for key in ("a", "enter", "b", "c"):
                client.app.simulate_key(key)
            await client.settle()
            assert [field.value for field in client.app.screen.query(Input)] == ["a", "bc"]

    asyncio.run(scenario())


@pytest.mark.parametrize("keys", [["ctrl+o", "g", "x", "p"], ["f2", "escape", "escape"], ["q", "f2", "x", "2", "q"]])
def test_keys_that_come_with_the_one_that_closes_or_ends_do_no_harm(keys: list[str]) -> None:
    async def scenario() -> None:
        async with running(shop(), "user") as client:
            for key in keys:
                client.app.post_message(events.Key(key, key if len(key) == 1 else None))
            await client.settle()
            assert keys[0] == "q" or "Marketplace › Shop" in client.text

    asyncio.run(scenario())


def test_a_screen_follows_each_model_once() -> None:
    async def scenario() -> None:
        async with running(shop(), "user") as client:
            live = client.app.marketplace.live
            assert [one.__name__ for one in live._listeners].count("on_events") == 1

    asyncio.run(scenario())


def test_keys_that_edit_stay_in_a_field() -> None:
    async def scenario() -> None:
        async with running(shop(), "user") as client:
            await client.press("slash", "c", "o", "backspace", "a", "home", "delete", "s")
            assert client.app.screen.query_one("#search").value == "sa"  # type: ignore[attr-defined]
            assert "cart 0" in client.text

    asyncio.run(scenario())
