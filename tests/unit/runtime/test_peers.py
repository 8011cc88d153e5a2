"""A service calls the peers that it declares, and no others."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from services_stub.contracts.http.auth import KeySet
from services_stub.runtime.errors import Unavailable
from services_stub.runtime.peers import EVERY_PEER, Peers
from services_stub.runtime.sql.transaction import NO_CAUSE
from tests.unit.gateway.servers import serving


async def answer_keys(scope: Any, receive: Any, send: Any) -> None:
    """Answer every request with an empty key set."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b'{"keys": []}'})


async def call(peers: Peers, service: str) -> KeySet:
    return await peers.call(service, "GET", "/", expect=KeySet, cause=NO_CAUSE)


def test_only_declared_peers_can_be_called() -> None:
    async def scenario() -> None:
        async with serving(answer_keys) as url:
            peers = Peers({"auth": url, "order": url}, "secret", ("order", "product"))
            assert await call(peers, "order") == KeySet(keys=[])
            with pytest.raises(Unavailable, match="product: no address is configured"):
                await call(peers, "product")
            with pytest.raises(LookupError, match="auth is no peer"):
                await call(peers, "auth")
            assert await peers.keys() == KeySet(keys=[])
            await peers.close()

    asyncio.run(scenario())


def test_every_peer_can_be_declared_at_once() -> None:
    async def scenario() -> None:
        async with serving(answer_keys) as url:
            peers = Peers({"order": url}, "secret", EVERY_PEER)
            assert await call(peers, "order") == KeySet(keys=[])
            with pytest.raises(Unavailable, match="auth: no address is configured"):
                await peers.keys()
            await peers.close()

    asyncio.run(scenario())


@pytest.mark.parametrize("name", ["auth", "order"])
def test_every_address_is_plain_http_also_that_of_the_keys(name: str) -> None:
    """The client checks no certificates."""
    with pytest.raises(ValueError, match="plain HTTP"):
        Peers({name: "https://127.0.0.1:1"}, "secret", ("order",))


def test_a_replay_is_asked_of_the_service_that_publishes_the_topic_until_it_answers() -> None:
    asked, answers = list[tuple[str, bytes]](), [503, 204]

    async def answer(scope: Any, receive: Any, send: Any) -> None:
        asked.append((scope["path"], (await receive())["body"]))
        await send({"type": "http.response.start", "status": answers.pop(0), "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def scenario() -> None:
        async with serving(answer) as url:
            peers = Peers({"order": url, "payment": "http://127.0.0.1:1"}, "secret", ())
            await peers.ask_for_replay("order-created", "cluster")
            await peers.close()

    asyncio.run(scenario())
    assert asked == [("/internal/replays", b'{"topic":"order-created","clusterId":"cluster"}')] * 2
