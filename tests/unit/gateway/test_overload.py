"""Beyond what a service can answer soon, requests are turned away at once, and those who buy are not among them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from services_stub.cart.api import add_to_cart
from services_stub.gateway import overload
from services_stub.gateway.overload import BROWSING_IN_FLIGHT, BROWSING_WAITING, Places, is_in_vain
from tests.unit.gateway.test_passthrough import ORDERS, front
from tests.waiting import eventually_true

PRODUCTS = "/product-service/api/products"


def test_places_are_given_in_the_order_of_the_questions_and_never_lost() -> None:
    async def scenario() -> None:
        places = Places(1, 2)
        assert await places.enter()
        waiting = [asyncio.create_task(places.enter()) for _ in range(3)]
        await asyncio.sleep(0)
        assert waiting[2].done() and not waiting[2].result()
        waiting[0].cancel()
        places.leave()
        assert await waiting[1]
        places.leave()
        assert await places.enter()
        handed_over = asyncio.create_task(places.enter())
        await asyncio.sleep(0)
        places.leave()
        handed_over.cancel()  # its place was given to it just now
        await asyncio.wait([handed_over])
        assert await places.enter()

    asyncio.run(scenario())


def test_who_looks_around_is_turned_away_at_once_and_an_order_gets_through() -> None:
    async def scenario() -> None:
        hold, many = asyncio.Event(), BROWSING_IN_FLIGHT + BROWSING_WAITING + 9
        unlimited = httpx.Limits(max_connections=None)
        async with front(hold=hold) as it, httpx.AsyncClient(base_url=it.url, limits=unlimited) as http:
            reads = [asyncio.create_task(http.get(PRODUCTS)) for _ in range(many)]
            order = asyncio.create_task(http.post(ORDERS, json={}))
            await eventually_true(lambda: sum(read.done() for read in reads) == 9)
            await eventually_true(lambda: len(it.service.seen) == BROWSING_IN_FLIGHT + 1)
            hold.set()
            assert (await order).status_code == 200
            answers = [await read for read in reads]
            assert sorted(answer.status_code for answer in answers) == [200] * (many - 9) + [503] * 9
            refused = next(answer for answer in answers if answer.status_code == 503)
            assert refused.headers["retry-after"] == "1"
            assert refused.json()["type"] == "/problems/overloaded"

    asyncio.run(scenario())


def test_nothing_goes_into_a_cart_that_could_not_be_ordered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overload, "IN_FLIGHT", 1)
    monkeypatch.setattr(overload, "WAITING", 2)
    cart = "/cart-service/api/cart/public"

    async def scenario() -> None:
        hold = asyncio.Event()
        async with front(hold=hold) as it:
            orders = [asyncio.create_task(it.http.post(ORDERS, json={})) for _ in range(4)]
            await eventually_true(lambda: any(order.done() for order in orders))  # the others wait
            refused = await it.http.post(f"{cart}/add", json={})
            assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
            assert refused.json()["type"] == "/problems/overloaded"
            read = asyncio.create_task(it.http.get(cart))
            hold.set()
            assert (await read).status_code == 200
            assert sorted([(await order).status_code for order in orders]) == [200, 200, 200, 503]
            assert (await it.http.post(f"{cart}/add", json={})).status_code == 200

    asyncio.run(scenario())


def test_carts_are_filled_while_a_quarter_of_the_orders_that_may_wait_do() -> None:
    async def scenario() -> None:
        places = {b"order": Places(1, 4)}
        (path,) = add_to_cart.paths
        add = b"cart", path
        orders = [asyncio.create_task(places[b"order"].enter()) for _ in range(2)]
        await asyncio.sleep(0)
        assert not is_in_vain(places, *add)
        orders.append(asyncio.create_task(places[b"order"].enter()))
        await asyncio.sleep(0)
        assert is_in_vain(places, *add)
        assert not is_in_vain(places, b"cart", "/api/cart/public")
        for order in orders:
            assert await order
            places[b"order"].leave()

    asyncio.run(scenario())


def test_a_body_that_comes_slowly_takes_no_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overload, "IN_FLIGHT", 1)
    monkeypatch.setattr(overload, "WAITING", 0)

    async def scenario() -> None:
        begun, sending = asyncio.Event(), asyncio.Event()

        async def slowly() -> AsyncIterator[bytes]:
            yield b"{"
            begun.set()
            await sending.wait()
            yield b"}"

        async with front() as it:
            slow = asyncio.create_task(it.http.post(ORDERS, content=slowly()))
            await begun.wait()
            assert [(await it.http.post(ORDERS, json={})).status_code for _ in range(3)] == [200] * 3
            sending.set()
            assert (await slow).status_code == 200

    asyncio.run(scenario())
