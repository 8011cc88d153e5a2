"""An admin in the terminal client disturbs and mends a real marketplace: dead letters, processes, faults."""

from __future__ import annotations

import asyncio
from functools import partial

import pytest

from marketplace_tui.actions.places import PLACES, SECTIONS
from services_stub.client import MarketplaceClient
from services_stub.contracts.control import ResumeService, ServiceState
from services_stub.contracts.http.dead_letters import DeadLetterState
from services_stub.contracts.http.product import Product
from tests.system.accounts import admin, buy, new_person, new_product
from tests.system.marketplace import Marketplace
from tests.system.terminal import Terminal, beside, terminal_of
from tests.system.test_dead_letters import GROUP, TOPIC, send_poison, until_open
from tests.waiting import eventually, eventually_true


@pytest.mark.slow
def test_an_admin_disturbs_and_mends_a_marketplace(marketplace: Marketplace) -> None:
    """Dead letters, processes and faults, by keys alone."""

    async def scenario() -> None:
        boss, shopper = await admin(marketplace), await new_person(marketplace)
        product = await new_product(await new_person(marketplace, "seller"))
        key = send_poison(marketplace, 1)
        async with terminal_of(beside(marketplace, boss), marketplace.state) as terminal:
            await act_on_dead_letters(terminal, boss, key)
            await disturb_processes(terminal, marketplace, boss, shopper, product)
            await apply_and_clear_faults(terminal, marketplace)

    try:
        asyncio.run(scenario())
    finally:
        marketplace.control.act(ResumeService(service="analytics"))
        for active in marketplace.control.faults():
            marketplace.control.clear(active.id)


async def act_on_dead_letters(terminal: Terminal, boss: MarketplaceClient, key: str) -> None:
    """Poison that is sent again comes back, and is discarded; both acts are recorded with their reasons."""
    (first,) = await until_open(boss, key, GROUP, 1)
    await terminal.press("7")
    await terminal.sees("Marketplace › Dead letters", "○ open", TOPIC)
    await terminal.choose("f", "Show which dead letters?", f"{GROUP} group")
    await terminal.lacks(" analytics ")
    await terminal.sees(f"{TOPIC}[{first.partition}]@{first.offset}")
    await terminal.press("enter")
    await terminal.sees(first.dead_letter_id, "Value", '{"poison": true', key, "ce_source: /tests")
    await terminal.press("escape", "r")
    await terminal.sees("Send 1 dead letter again", "Per second")
    await terminal.press("enter")
    await terminal.fill("mended, I hope")
    await terminal.sees("1 dead letter sent again.")

    async def is_back() -> bool:
        return [one.dead_letter_id for one in await until_open(boss, key, GROUP, 1)] != [first.dead_letter_id]

    await eventually(is_back, what="the dead letter again")
    (again,) = await until_open(boss, key, GROUP, 1)
    await terminal.press("f5")
    await terminal.lacks(f"{TOPIC}[{first.partition}]@{first.offset}")
    await terminal.press("g")
    await terminal.sees(f"{TOPIC}[{again.partition}]@{again.offset}")
    await terminal.press("x")
    await terminal.sees("Discard 1 dead letter")
    await terminal.fill("of no use")
    await terminal.sees("1 dead letter discarded.")
    for one, state, reason in (
        (first, DeadLetterState.SENT_AGAIN, "mended, I hope"),
        (again, DeadLetterState.DISCARDED, "of no use"),
    ):
        closed = (await boss.dead_letters.read(one.dead_letter_id)).dead_letter
        assert (closed.state, closed.reason) == (state, reason)
        assert boss.session.user is not None
        assert closed.user_id == boss.session.user.user_id


async def disturb_processes(
    terminal: Terminal, marketplace: Marketplace, boss: MarketplaceClient, shopper: MarketplaceClient, product: Product
) -> None:
    """A paused consumer reads what it missed once it goes on; killed and restarted processes come back."""
    orders = await orders_of(boss)
    await terminal.press("6")
    await terminal.sees("Marketplace › Services", "● all ready")
    await terminal.go_to("analytics")
    await terminal.press("P")
    await terminal.sees("analytics was paused.", "○ paused", "does not answer")
    await buy(shopper, product.product_id)
    await terminal.press("P")
    await terminal.sees("analytics was resumed.", "Consumer group analytics", "lag 0")
    await terminal.lacks("○ paused", *(f"lag {number}" for number in range(1, 10)))
    await eventually(partial(has_orders, boss, orders + 1), what="the order in the numbers")
    for name, press, words in (("cart", "R", "cart was told to restart."), ("search", "K", "search was killed.")):
        before = marketplace.service(name)
        await terminal.go_to(name)
        await terminal.press(press)
        await terminal.sees(words)
        await eventually_true(partial(is_replaced, marketplace, before))
        await terminal.sees("● all ready")
        assert marketplace.service(name).restarts == before.restarts + 1
    assert (await shopper.search.find(product.name)).items


async def orders_of(boss: MarketplaceClient) -> int:
    return sum((await boss.analytics.summary()).orders.values())


async def has_orders(boss: MarketplaceClient, number: int) -> bool:
    return await orders_of(boss) >= number


def is_replaced(marketplace: Marketplace, before: ServiceState) -> bool:
    """Whether a new process answers. The screen may show for a moment what was so before."""
    now = marketplace.service(before.name)
    return now.ready and now.pid != before.pid


async def apply_and_clear_faults(terminal: Terminal, marketplace: Marketplace) -> None:
    """A banner stands on every screen while some are in force."""
    await terminal.press("8")
    await terminal.go_to("Payment outage")
    await terminal.press("a")
    await terminal.sees("⚠ payment outage", "⚠ in force")
    await terminal.go_to("Declined payments")
    await terminal.press("enter")
    await terminal.sees("Share")
    await terminal.press("ctrl+u")
    await terminal.fill("2")
    await terminal.lacks("Declined payments in force")
    await terminal.press("ctrl+u")
    await terminal.fill("0.25")
    await terminal.sees("⚠ 2 faults in force", "⚠ share 0.25")
    for number, place in enumerate(SECTIONS["admin"], start=1):
        await terminal.press(str(number % 10))
        await terminal.sees(f"Marketplace › {PLACES[place].title}", "⚠ 2 faults in force")
    await terminal.press("8")
    await terminal.sees("⚠ share 0.25")
    await terminal.press("X")
    await terminal.sees("2 faults cleared.")
    await terminal.lacks("⚠")
    assert marketplace.control.faults() == []
