"""The terminal client while the marketplace fails around it: nothing typed is lost, and each screen says its age."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Coroutine, Sequence
from typing import Any

import pytest

from marketplace_tui.watchdog import Watchdog
from services_stub.client import MarketplaceClient
from services_stub.client.session import Session
from services_stub.contracts.events import Event
from services_stub.contracts.events.order import OrderStatus, OrderUpdated
from tests.system.accounts import GOOD_CARD, buy, new_person, new_product
from tests.system.marketplace import Marketplace
from tests.system.proxy import Proxy, proxy_of
from tests.system.terminal import terminal_of
from tests.system.terminal_uses import OLD, TRY_AGAIN, USES, dead, is_gone, typed
from tests.tui.running import screen_text
from tests.waiting import eventually_true

DELAY_SECONDS = 5.0
LONGEST_STALL = 2000
"""Milliseconds. On a machine that does much else, the loop may stand still for long, but never for an answer."""


def play(scenario: Coroutine[Any, Any, None]) -> None:
    """Run a scenario in a loop that is watched as that of the client is."""
    stalls: list[str] = []
    with asyncio.Runner(loop_factory=Watchdog(stalls.append, lambda: "").new_loop) as runner:
        runner.run(scenario)
    assert [one for one in stalls if int(re.findall(r"\d+", one)[0]) > LONGEST_STALL] == []


def through(proxy: Proxy, person: MarketplaceClient) -> MarketplaceClient:
    """A second client of a person who is signed in, through a proxy."""
    return MarketplaceClient(proxy.url, session=Session(tokens=person.session.tokens))


def test_the_gateway_away_loses_no_key_and_no_event(marketplace: Marketplace) -> None:
    async def scenario() -> None:
        seller, shopper = await new_person(marketplace, "seller"), await new_person(marketplace)
        product = await new_product(seller, name="Teapot")
        async with proxy_of(marketplace.gateway) as proxy, terminal_of(through(proxy, shopper)) as terminal:
            heard: dict[str, OrderStatus] = {}
            gaps: list[bool] = []

            def hear(events: Sequence[Event], missed: bool) -> None:
                gaps.append(missed)
                heard.update({one.order_id: one.status for one in events if isinstance(one, OrderUpdated)})

            terminal.app.marketplace.live.listen(hear)
            await terminal.sees("sold by")
            first = await buy(shopper, product.product_id)
            await eventually_true(lambda: heard.get(first.order_id) is OrderStatus.PAID)
            proxy.go()
            await terminal.press("slash", *"teap", "f5")
            await terminal.sees("offline since", OLD, TRY_AGAIN, "teap")
            second = await buy(shopper, product.product_id)
            await terminal.press(*"ot")
            await proxy.come()
            await terminal.press("f5")
            await eventually_true(lambda: heard.get(second.order_id) is OrderStatus.PAID)
            await is_gone(terminal, OLD)
            assert typed(terminal) == "teapot"
            assert "offline" not in screen_text(terminal.app)
            assert not any(gaps)

    play(scenario())


@pytest.mark.slow
def test_answers_that_come_late_hold_up_no_key_and_make_no_second_order(marketplace: Marketplace) -> None:
    async def scenario() -> None:
        seller, shopper = await new_person(marketplace, "seller"), await new_person(marketplace)
        product = await new_product(seller, name="Zebra teapot")
        await buy(shopper, product.product_id)
        await shopper.cart.add(product.product_id)
        async with proxy_of(marketplace.gateway) as proxy, terminal_of(through(proxy, shopper)) as terminal:
            await terminal.sees("sold by", "cart 1")
            await terminal.app.marketplace.tasks.idle()
            await terminal.pilot.pause()
            before = screen_text(terminal.app).splitlines()[3:6]
            proxy.delay = DELAY_SECONDS
            await terminal.press("slash", *"zebra")
            await terminal.pilot.pause()
            screen = screen_text(terminal.app)
            assert terminal.app.screen.resources()[0].loading  # type: ignore[attr-defined]
            assert "zebra" in screen.splitlines()[1]
            assert screen.splitlines()[3:6] == before
            await terminal.sees("loading… ", " s old")
            await terminal.sees("Zebra teapot")
            await terminal.press("escape", "c", "plus")
            await terminal.sees("cart 2…")
            await terminal.press("b")
            await terminal.sees(f"● {GOOD_CARD}", "Place the order for")
            await terminal.press("enter", "enter", "b", "enter")
            await terminal.sees("Placing the order")
            proxy.delay = 0.0
            await terminal.sees("◐ PENDING → ● PAID")
        orders = (await shopper.orders.list()).items
        assert [sum(item.quantity for item in order.items) for order in orders] == [2, 1]

    play(scenario())


@pytest.mark.slow
@pytest.mark.parametrize("name", USES)
def test_a_service_that_is_killed_leaves_the_screen_as_it_was_and_it_goes_on(
    name: str, marketplace: Marketplace
) -> None:
    async def scenario() -> None:
        await USES[name](marketplace, lambda: dead(marketplace, name))

    play(scenario())
