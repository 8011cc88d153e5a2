"""Screens of a shopper before their first answer, and the windows that open over every screen, at both sizes."""

from __future__ import annotations

import asyncio

import pytest

from marketplace_tui.screens.shop.checkout import CheckoutScreen
from services_stub.contracts.events.order import OrderStatus
from tests.tui.data import shop
from tests.tui.running import LARGE, SMALL, RunningClient, assert_golden, assert_goldens, running
from tests.tui.shopping import Shopping
from tests.tui.values import order

ORDER = order(1, OrderStatus.PENDING)
WINDOWS = {
    "help": ["question_mark"],
    "palette": ["ctrl+p"],
    "jump": ["ctrl+o"],
    "settings": ["f2"],
    "copy-as": ["Y"],
    "sign-in": ["L"],
}


def test_a_screen_without_its_first_answer_says_so() -> None:
    async def look(client: RunningClient, size: tuple[int, int]) -> None:
        suffix = f"loading-{size[0]}x{size[1]}"
        for place in ("cart", "orders", "inbox", "account"):
            client.app.go_to(place)
            await client.pilot.pause()
            assert_golden(client.text, f"{place}-{suffix}")
        client.app.push_screen(CheckoutScreen(client.app.marketplace))
        await client.pilot.pause()
        assert_golden(client.text, f"checkout-{suffix}")
        client.app.open_product("p-1")
        await client.pilot.pause()
        assert_golden(client.text, f"product-{suffix}")
        client.app.open_order(ORDER.order_id)
        await client.pilot.pause()
        assert_golden(client.text, f"order-{suffix}")

    async def scenario() -> None:
        fake = Shopping(orders=[ORDER]).fake
        fake.held = asyncio.Event()
        async with running(fake, "user", settled=False) as client:
            await look(client, SMALL)
            await client.pilot.resize_terminal(*LARGE)
            await look(client, LARGE)

    asyncio.run(scenario())


@pytest.mark.slow
def test_windows_fit_both_sizes() -> None:
    async def scenario() -> None:
        async with running(shop()) as client:
            for name, keys in WINDOWS.items():
                await client.press(*keys)
                await assert_goldens(client, f"window-{name}")
                await client.press("escape")
            await client.press("L", "enter")
            await assert_goldens(client, "window-sign-in-form")
            await client.press("escape")
            client.app.do_app_tour()
            await client.settle()
            await assert_goldens(client, "tour")

    asyncio.run(scenario())
