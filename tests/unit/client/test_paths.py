"""An id that a person typed is one id: never another path, and never an error of Python."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import httpx
import pytest

from services_stub.client import InvalidInput, MarketplaceClient
from services_stub.client.control import ControlClient, UnknownTarget

STRAY_BYTE = b"\xff".decode(errors="surrogateescape")
CALLS: dict[str, Callable[[MarketplaceClient, str], Awaitable[object]]] = {
    "a path": lambda client, text: client.cart.remove(text),
    "a query": lambda client, text: client.admin.users(text),
    "a body": lambda client, text: client.cart.add(text),
    "a header": lambda client, text: client.orders.place("pm_card_visa", idempotency_key=text),
    "a login": lambda client, text: client.auth.login(text, "secret"),
}


def refused_before_it_is_sent(call: Callable[[MarketplaceClient, str], Awaitable[object]], text: str) -> bool:
    sent: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(404)

    async def scenario() -> None:
        client = MarketplaceClient("http://127.0.0.1:1", transport=httpx.MockTransport(answer))
        with pytest.raises(InvalidInput):
            await call(client, text)

    asyncio.run(scenario())
    return not sent


@pytest.mark.parametrize("text", ["..", ".", ""])
def test_an_id_that_would_mean_another_path_is_refused(text: str) -> None:
    """To remove the line `..` once cleared the cart."""
    assert refused_before_it_is_sent(CALLS["a path"], text)


@pytest.mark.parametrize("place", CALLS)
def test_text_that_no_encoding_has_is_refused_wherever_it_goes(place: str) -> None:
    assert refused_before_it_is_sent(CALLS[place], STRAY_BYTE)


@pytest.mark.parametrize("text", ["..", "", STRAY_BYTE])
def test_no_fault_has_such_an_id(text: str) -> None:
    with pytest.raises(UnknownTarget):
        ControlClient("http://127.0.0.1:1", "token").clear(text)
