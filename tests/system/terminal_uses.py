"""The screens that need each service, used while the service is killed and after it came back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress
from threading import Event

import msgspec
import psutil

from marketplace_tui.widgets.entry import Entry
from services_stub.client import MarketplaceClient
from services_stub.client.session import Session
from tests.system.accounts import GOOD_CARD, admin, buy, new_person, new_product
from tests.system.marketplace import PASSWORD, Marketplace
from tests.system.terminal import Terminal, terminal_of
from tests.tui.running import screen_text
from tests.waiting import eventually, eventually_true

OLD = "⚠ as it was "
"""The beginning of the line that says how old a screen is."""

TRY_AGAIN = "f5 tries again"

_BETWEEN_KILLS = 0.05
"""Seconds, less than a service needs until it listens."""

Fault = Callable[[], AbstractAsyncContextManager[None]]


def again(person: MarketplaceClient, marketplace: Marketplace) -> MarketplaceClient:
    """A second client of a person who is signed in."""
    return MarketplaceClient(marketplace.gateway, session=Session(tokens=person.session.tokens))


async def is_gone(terminal: Terminal, words: str) -> None:
    """Wait until the screen does not have some words any more."""
    await eventually_true(lambda: words not in screen_text(terminal.app), seconds=60)


def typed(terminal: Terminal) -> str:
    """The text in the search field."""
    return terminal.app.screen.query_one("#search", Entry).value


@asynccontextmanager
async def dead(marketplace: Marketplace, name: str) -> AsyncIterator[None]:
    """A service that is killed, as is each that follows before it listens; afterwards it is there again.

    The processes are found below the launcher: the control API asks all services first, which leaves a new one time.
    """
    launcher, ended = psutil.Process(marketplace.state.launcher_pid), Event()

    def kill() -> None:
        while not ended.wait(_BETWEEN_KILLS):
            for process in launcher.children():
                with suppress(psutil.NoSuchProcess):
                    if process.name() == name:
                        process.kill()

    async def is_gone() -> bool:
        return not (await asyncio.to_thread(marketplace.service, name)).ready

    async def is_ready() -> bool:
        return (await asyncio.to_thread(marketplace.service, name)).ready

    killing = asyncio.create_task(asyncio.to_thread(kill))
    try:
        await eventually(is_gone, what=f"{name} is killed")
        yield
    finally:
        ended.set()
        await killing
        await eventually(is_ready, seconds=60, what=f"{name} is back")


async def use_search(marketplace: Marketplace, fault: Fault) -> None:
    async with terminal_of(await new_person(marketplace)) as terminal:
        await terminal.sees("sold by")
        async with fault():
            await terminal.press("slash", *"glove")
            await terminal.sees(OLD, TRY_AGAIN, "glove")
        await is_gone(terminal, OLD)
        assert typed(terminal) == "glove"


async def use_cart(marketplace: Marketplace, fault: Fault) -> None:
    seller, shopper = await new_person(marketplace, "seller"), await new_person(marketplace)
    product = await new_product(seller, name="Teapot")
    await shopper.cart.add(product.product_id, 3)
    async with terminal_of(again(shopper, marketplace)) as terminal:
        await terminal.sees("cart 3")
        await terminal.press("c")
        await terminal.sees("▸ Teapot")
        async with fault():
            await terminal.press("plus", "plus", "minus", "plus")
            await terminal.sees(OLD, TRY_AGAIN, "cart 3")
        await is_gone(terminal, OLD)
        await eventually_true(lambda: not terminal.app.marketplace.cart.is_pending)
        assert terminal.app.marketplace.cart.units == sum(line.quantity for line in (await shopper.cart.read()).lines)
        await terminal.press("plus")
        await terminal.sees("cart 4")
        await eventually_true(lambda: not terminal.app.marketplace.cart.is_pending)
        assert [line.quantity for line in (await shopper.cart.read()).lines] == [4]


async def use_product(marketplace: Marketplace, fault: Fault) -> None:
    seller = await new_person(marketplace, "seller")
    await new_product(seller, name="Teapot")
    async with terminal_of(again(seller, marketplace)) as terminal:
        await terminal.press("2")
        await terminal.sees("▸ Teapot")
        async with fault():
            await terminal.press("n", *"Jug", "enter", *"Kitchen", "enter", *"10", "enter", *"5", "enter", "enter")
            await terminal.sees("Jug", "Kitchen", "away")
            await terminal.press("escape", "f5")
            await terminal.sees(OLD, TRY_AGAIN)
        await is_gone(terminal, OLD)
    assert [one.name for one in (await seller.seller.products()).items] == ["Teapot"]


async def use_order(marketplace: Marketplace, fault: Fault) -> None:
    seller, shopper = await new_person(marketplace, "seller"), await new_person(marketplace)
    product = await new_product(seller, name="Teapot")
    await buy(shopper, product.product_id)
    async with terminal_of(again(shopper, marketplace)) as terminal:
        await terminal.press("o")
        await terminal.sees("▸ ", "● PAID")
        async with fault():
            await terminal.press("f5")
            await terminal.sees(OLD, TRY_AGAIN, "● PAID")
        await is_gone(terminal, OLD)


async def use_payment(marketplace: Marketplace, fault: Fault) -> None:
    seller, shopper = await new_person(marketplace, "seller"), await new_person(marketplace)
    product = await new_product(seller, name="Teapot")
    await buy(shopper, product.product_id)
    await shopper.cart.add(product.product_id)
    async with terminal_of(again(shopper, marketplace)) as terminal:
        await terminal.sees("cart 1")
        await terminal.press("c", "b")
        await terminal.sees("Place the order for", GOOD_CARD)
        async with fault():
            await terminal.press("b")
            await terminal.sees("◐ PENDING", "the bank is asked")
        await terminal.sees("◐ PENDING → ● PAID")
    assert len((await shopper.orders.list()).items) == 2


async def use_notification(marketplace: Marketplace, fault: Fault) -> None:
    async with terminal_of(await new_person(marketplace)) as terminal:
        await terminal.press("i")
        await terminal.sees("▸ ")
        async with fault():
            await terminal.press("f5")
            await terminal.sees(OLD, TRY_AGAIN, "▸ ")
        await is_gone(terminal, OLD)


async def use_auth(marketplace: Marketplace, fault: Fault) -> None:
    """Signing in, and the renewal of a token that is not good any more."""
    shopper = await new_person(marketplace)
    assert shopper.session.tokens is not None
    email = shopper.session.tokens.user.email
    worn = msgspec.structs.replace(shopper.session.tokens, access_token="worn.out.token")
    async with terminal_of(marketplace.client()) as terminal:
        await terminal.sees("sold by", "guest")
        async with fault():
            await terminal.press("L", "enter")
            await terminal.sees("Password")
            await terminal.fill(email, PASSWORD)
            await terminal.sees(email, "away")
        await terminal.press("ctrl+s")
        await terminal.sees("Signed in as", "(shopper)")
    async with AsyncExitStack() as opened:
        async with fault():
            person = MarketplaceClient(marketplace.gateway, session=Session(tokens=worn))
            terminal = await opened.enter_async_context(terminal_of(person))
            await terminal.press("o")
            await terminal.sees("Your orders cannot be shown", TRY_AGAIN, "(shopper)")
        await terminal.sees("You have not ordered anything yet.", "(shopper)")


async def use_seller(marketplace: Marketplace, fault: Fault) -> None:
    seller = await new_person(marketplace, "seller")
    await new_product(seller, name="Teapot")
    async with terminal_of(again(seller, marketplace)) as terminal:
        await terminal.sees("0 to ship", "Teapot")
        async with fault():
            await terminal.press("f5")
            await terminal.sees(OLD, TRY_AGAIN, "0 to ship")
        await is_gone(terminal, OLD)


async def use_analytics(marketplace: Marketplace, fault: Fault) -> None:
    async with terminal_of(await admin(marketplace), marketplace.state) as terminal:
        await terminal.sees("Revenue", "10 of 10 ready")
        async with fault():
            await terminal.sees(OLD, TRY_AGAIN, "Revenue", "analytics    ✗ not ready")
        await is_gone(terminal, OLD)
        await terminal.sees("10 of 10 ready")


async def use_gateway(marketplace: Marketplace, fault: Fault) -> None:
    async with terminal_of(await new_person(marketplace)) as terminal:
        await terminal.sees("sold by")
        async with fault():
            await terminal.press("slash", *"glove")
            await terminal.sees("offline since", "showing what was", OLD, TRY_AGAIN, "glove")
        await is_gone(terminal, OLD)
        await is_gone(terminal, "offline since")
        assert typed(terminal) == "glove"


USES: dict[str, Callable[[Marketplace, Fault], Awaitable[None]]] = {
    "auth": use_auth,
    "product": use_product,
    "search": use_search,
    "cart": use_cart,
    "order": use_order,
    "payment": use_payment,
    "notification": use_notification,
    "seller": use_seller,
    "analytics": use_analytics,
    "gateway": use_gateway,
}
"""A screen that needs each service."""
