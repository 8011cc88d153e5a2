"""Every screen of a seller as it looks: full, empty, while it loads, without an answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from tests.tui.fake_marketplace import FakeMarketplace
from tests.tui.running import LARGE, SMALL, RunningClient, assert_golden, running
from tests.tui.seller.data import SellerOfTests, mara, market_of

SECTIONS = ("sales", "products", "sold-orders", "notices")


def _away() -> FakeMarketplace:
    fake = market_of(mara())
    fake.away = True
    return fake


def _held() -> FakeMarketplace:
    fake = market_of(mara())
    fake.held = asyncio.Event()
    return fake


STATES: dict[str, Callable[[], FakeMarketplace]] = {
    "full": lambda: market_of(mara()),
    "empty": lambda: market_of(SellerOfTests()),
    "error": _away,
    "loading": _held,
}


async def settle(client: RunningClient) -> None:
    """Wait until everything is drawn that does not wait for a held answer."""
    if client.fake.held is None:
        await client.settle()
    else:
        await client.pilot.pause()


@pytest.mark.parametrize(
    "state",
    ["full", "empty", pytest.param("error", marks=pytest.mark.slow), pytest.param("loading", marks=pytest.mark.slow)],
)
def test_it_looks_as_it_did(state: str) -> None:
    async def scenario() -> None:
        async with running(STATES[state](), "seller", size=SMALL, settled=state != "loading") as client:
            for number, section in enumerate(SECTIONS, 1):
                await client.pilot.press(str(number))
                await settle(client)
                for size in (SMALL, LARGE):
                    await client.resize(size)
                    assert_golden(client.text, f"seller/{section}-{state}-{size[0]}x{size[1]}")

    asyncio.run(scenario())


def test_the_first_screen_does_without_unicode_and_without_layout() -> None:
    async def scenario() -> None:
        async with running(market_of(mara()), "seller", ascii_only=True, flat=True) as client:
            assert client.text.isascii()
            assert_golden(client.text, "seller/sales-flat-80x24")

    asyncio.run(scenario())
