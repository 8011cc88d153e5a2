"""The storefront, as it looks and as it is used."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from decimal import Decimal

import pytest

from marketplace_tui.model.storefront import Query
from marketplace_tui.screens.shop.filters import chosen
from marketplace_tui.widgets.rows import Rows
from tests.tui.data import PRODUCTS, shop
from tests.tui.fake_marketplace import FakeMarketplace
from tests.tui.running import LARGE, SMALL, RunningClient, assert_golden, assert_goldens, running

Scenario = Callable[[RunningClient], Awaitable[None]]


async def nothing(_client: RunningClient) -> None:
    """Only look."""


async def search(client: RunningClient) -> None:
    await client.press("slash")
    await client.type("bowl")


async def fill_cart(client: RunningClient) -> None:
    await client.press("a", "a", "j", "plus")


STATES: dict[str, tuple[Callable[[], FakeMarketplace], Scenario]] = {
    "full": (shop, fill_cart),
    "search": (shop, search),
    "empty": (lambda: shop([]), nothing),
    "error": (lambda: _away(shop()), nothing),
    "loading": (lambda: _held(shop()), nothing),
}


def _away(fake: FakeMarketplace) -> FakeMarketplace:
    fake.away = True
    return fake


def _held(fake: FakeMarketplace) -> FakeMarketplace:
    fake.held = asyncio.Event()
    return fake


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "120x40"])
@pytest.mark.parametrize("name", STATES)
def test_it_looks_as_it_did(name: str, size: tuple[int, int]) -> None:
    async def scenario() -> None:
        make, play = STATES[name]
        async with running(make(), "user", size=size, settled=name != "loading") as client:
            await play(client)
            assert_golden(client.text, f"storefront-{name}-{size[0]}x{size[1]}")

    asyncio.run(scenario())


@pytest.mark.parametrize(("flat", "name"), [(False, "ascii"), (True, "flat")])
def test_it_does_without_unicode_and_without_layout(flat: bool, name: str) -> None:
    async def scenario() -> None:
        async with running(shop(), "user", ascii_only=True, flat=flat) as client:
            text = client.text
            assert_golden(text, f"storefront-{name}-80x24")
            assert flat or text.isascii()

    asyncio.run(scenario())


def test_the_grid_has_the_same_products_and_keys() -> None:
    async def scenario() -> None:
        async with running(shop(), "user") as client:
            await client.press("j", "v", "right", "a", "down", "left", "a")
            await assert_goldens(client, "storefront-grid")
            assert client.app.marketplace.cart.quantity_of("p-3") == 0
            await client.press("v")
            (line,) = [line for line in client.text.splitlines() if line.startswith("▸")]
            assert "Desk lamp" in line or "Garden hose" in line

    asyncio.run(scenario())


def test_the_filters_come_from_the_facets_and_are_lifted_by_the_same_choice() -> None:
    async def scenario() -> None:
        async with running(shop(), "user") as client:
            await client.press("f")
            assert_golden(client.text, "storefront-filter-80x24")
            await client.type("office")
            await client.press("enter")
            assert "only Office" in client.text
            assert "Desk lamp" in client.text
            assert "Stoneware" not in client.text
            await client.press("f")
            await client.type("office")
            await client.press("enter")
            assert "Stoneware bowl" in client.text

    asyncio.run(scenario())


QUERY = Query(text="bowl", order="price")


@pytest.mark.parametrize(
    ("key", "filtered"),
    [
        ("category:Kitchen", replace(QUERY, category="Kitchen")),
        ("category:a:b", replace(QUERY, category="a:b")),
        ("seller:s-1", replace(QUERY, seller_id="s-1")),
        ("stock:in", replace(QUERY, in_stock=True)),
        ("price:10.00:25.00", replace(QUERY, min_price=Decimal("10.00"), max_price=Decimal("25.00"))),
        ("price:25.01:", replace(QUERY, min_price=Decimal("25.01"))),
    ],
)
def test_a_filter_is_added_and_lifted(key: str, filtered: Query) -> None:
    assert chosen(QUERY, key) == filtered
    assert chosen(filtered, key) == QUERY
    assert chosen(filtered, "all") == Query(order="price")


def test_the_cart_is_changed_at_once_and_then_as_the_marketplace_says() -> None:
    async def scenario() -> None:
        fake = shop()
        async with running(fake, "user") as client:
            fake.held = asyncio.Event()
            await client.pilot.press("a", "a", "a")
            await client.pilot.pause()
            assert "cart 3…" in client.text
            fake.held.set()
            await client.settle()
            assert "cart 3" in client.text
            assert "cart 3…" not in client.text
            assert fake.requests.count(("POST", "/cart-service/api/cart/public/add")) == 1

    asyncio.run(scenario())


def test_a_refused_change_is_taken_back_and_said() -> None:
    async def scenario() -> None:
        fake = shop()
        async with running(fake, "user") as client:
            fake.away = True
            await client.press("a")
            text = client.text
            assert "cart 0" in text
            assert "offline since" in text

    asyncio.run(scenario())


def test_a_sold_out_product_cannot_be_added_and_the_reason_is_said() -> None:
    async def scenario() -> None:
        async with running(shop(), "user") as client:
            await client.press("j", "j", "a")
            text = client.text
            assert "This product cannot be bought now." in text
            assert "cart 0" in text

    asyncio.run(scenario())


def test_the_cursor_stays_on_its_product_when_others_come() -> None:
    async def scenario() -> None:
        offered = PRODUCTS[2:]
        fake = shop(offered)
        async with running(fake, "user") as client:
            await client.press("j")
            offered[:0] = PRODUCTS[:2]
            await client.press("f5")
            (line,) = [line for line in client.text.splitlines() if line.startswith("▸")]
            assert "Desk lamp" in line

    asyncio.run(scenario())


def test_the_cursor_goes_to_the_first_product_of_another_search() -> None:
    async def scenario() -> None:
        async with running(shop(), "user") as client:
            rows = client.app.screen.query_one("#products", Rows)
            first = rows.cursor_key
            await client.press("j", "s")
            assert rows.cursor_key == first
            await client.press("j", "f5")
            assert rows.cursor_key != first

    asyncio.run(scenario())
