"""The live stream goes on over broken connections, and says where something may be missing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from services_stub.client import ContractBroken, Gap, LiveEvent, MarketplaceClient, Session, SignInAgain
from services_stub.contracts.events import SellerBlocked
from tests.unit.client.marketplace import json, refusal, tokens

BLOCKED = b'id: at1.e1\nevent: seller-blocked\ndata: {"sellerId":"s1","reason":"fraud"}\n\n'
ANOTHER = BLOCKED.replace(b"e1", b"e2")
AGAIN = b"retry: 0\n\n"


class Chunks(httpx.AsyncByteStream):
    """A body that ends, or breaks, after its chunks."""

    def __init__(self, *chunks: bytes | Exception) -> None:
        self.chunks = chunks

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self.chunks:
            if isinstance(chunk, Exception):
                raise chunk
            yield chunk


def client_of(answers: list[httpx.Response | Exception], requests: list[httpx.Request]) -> MarketplaceClient:
    def answer(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        if request.method == "POST":
            return json(tokens("token-2"))
        response = answers.pop(0)
        if isinstance(response, Exception):
            raise response
        return response

    return MarketplaceClient(
        "http://shop", session=Session(tokens=tokens()), transport=httpx.MockTransport(answer), retry_pauses=()
    )


async def take(client: MarketplaceClient, count: int) -> list[LiveEvent | Gap]:
    found: list[LiveEvent | Gap] = []
    async with asyncio.timeout(5):
        async for item in client.stream():
            found.append(item)
            if len(found) == count:
                break
    return found


def streamed(*chunks: bytes | Exception) -> httpx.Response:
    return httpx.Response(200, stream=Chunks(*chunks))


def test_events_are_typed_and_strange_ones_skipped() -> None:
    requests: list[httpx.Request] = []
    client = client_of([streamed(b"event: of-tomorrow\ndata: {}\n\n: heartbeat\n\n", BLOCKED)], requests)
    assert asyncio.run(take(client, 1)) == [LiveEvent("e1", SellerBlocked(seller_id="s1", reason="fraud"))]
    assert requests[0].headers["authorization"] == "Bearer token-1"
    assert "last-event-id" not in requests[0].headers


@pytest.mark.parametrize("broken", [(), (httpx.ReadTimeout("silence"),), (httpx.RemoteProtocolError("cut"),)])
def test_a_lost_connection_is_renewed_behind_the_last_event(broken: tuple[Exception, ...]) -> None:
    requests: list[httpx.Request] = []
    client = client_of([streamed(AGAIN, BLOCKED, *broken), streamed(ANOTHER)], requests)
    event = LiveEvent("e1", SellerBlocked(seller_id="s1", reason="fraud"))
    assert asyncio.run(take(client, 2)) == [event, LiveEvent("e2", event.event)]
    assert requests[1].headers["last-event-id"] == "at1.e1"


def test_an_event_that_was_published_twice_comes_once() -> None:
    repeated = BLOCKED.replace(b"at1", b"at2")
    client = client_of([streamed(BLOCKED, repeated, AGAIN), streamed(repeated, ANOTHER)], [])
    assert [item.id for item in asyncio.run(take(client, 2)) if isinstance(item, LiveEvent)] == ["e1", "e2"]


def test_it_goes_on_from_where_the_gateway_said_it_is_also_without_an_event() -> None:
    requests: list[httpx.Request] = []
    client = client_of([streamed(AGAIN, b"id: at2.\n: heartbeat\n\n", b"id: at3"), streamed(BLOCKED)], requests)
    assert len(asyncio.run(take(client, 1))) == 1
    assert requests[1].headers["last-event-id"] == "at2."


def test_a_gateway_that_never_said_where_the_client_is_leaves_a_gap() -> None:
    client = client_of([streamed(AGAIN), streamed(BLOCKED)], [])
    event = LiveEvent("e1", SellerBlocked(seller_id="s1", reason="fraud"))
    assert asyncio.run(take(client, 2)) == [Gap(), event]


def test_it_waits_for_a_marketplace_that_is_away() -> None:
    requests: list[httpx.Request] = []
    answers: list[httpx.Response | Exception] = [
        httpx.ConnectError("refused"),
        refusal(503, "unavailable"),
        refusal(500, "internal-error"),
        streamed(BLOCKED),
    ]
    assert len(asyncio.run(take(client_of(answers, requests), 1))) == 1
    assert len(requests) == 4


def test_it_waits_where_it_asks_too_often() -> None:
    answers: list[httpx.Response | Exception] = [
        httpx.Response(429, headers={"retry-after": "0"}, json={"type": "/problems/too-many-requests", "status": 429}),
        streamed(BLOCKED),
    ]
    assert len(asyncio.run(take(client_of(answers, []), 1))) == 1


def test_an_expired_token_is_renewed() -> None:
    requests: list[httpx.Request] = []
    client = client_of([streamed(AGAIN), refusal(401, "token-expired"), streamed(BLOCKED)], requests)
    found = asyncio.run(take(client, 2))
    assert isinstance(found[0], Gap)
    assert requests[-1].headers["authorization"] == "Bearer token-2"


def test_a_gap_that_the_gateway_says_is_a_gap() -> None:
    assert asyncio.run(take(client_of([streamed(b"event: gap\ndata: {}\n\n")], []), 1)) == [Gap()]


def test_a_refusal_ends_it() -> None:
    with pytest.raises(SignInAgain):
        asyncio.run(take(client_of([refusal(401, "blocked"), refusal(401, "blocked")], []), 1))


def test_an_event_that_is_none_breaks_the_contract() -> None:
    with pytest.raises(ContractBroken):
        asyncio.run(take(client_of([streamed(b"event: seller-blocked\ndata: {}\n\n")], []), 1))
