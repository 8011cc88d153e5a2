"""Where the broker has a password, a connection that has not given it can ask for nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from services_stub.infra.kafka.broker import errors
from services_stub.infra.kafka.broker.context import Message
from services_stub.infra.kafka.broker.sasl import AUTHENTICATE, HANDSHAKE, SaslRequests
from services_stub.infra.kafka.broker.server import API_VERSIONS
from tests.unit.infra.broker.raw import Running, request, running

HEARTBEAT = 12
GROUP: Message = {"group_id": "g"}
RIGHT = b"\0marketplace\0secret"


def run(test: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(test, 10))


def closed_to_strangers() -> Any:
    return running({HEARTBEAT: lambda _, __: {}}, of_strangers=SaslRequests("secret").handlers)


async def error_of(broker: Running, token: bytes, version: int = 1) -> tuple[int, bool]:
    """The error code for a token, and whether the connection is of use afterwards."""
    client = await broker.connect()
    assert await client.ask(HANDSHAKE, 1, {"mechanism": "PLAIN"}) == {"error_code": 0, "mechanisms": ["PLAIN"]}
    answer = await client.ask(AUTHENTICATE, version, {"auth_bytes": token})
    assert answer is not None
    return answer["error_code"], await client.ask(HEARTBEAT, 3, GROUP) is not None


def test_a_client_with_the_password_is_let_in() -> None:
    async def test() -> None:
        async with closed_to_strangers() as broker:
            for version in (0, 1, 2):
                assert await error_of(broker, RIGHT, version) == (errors.NONE, True)
            assert await error_of(broker, b"marketplace" + RIGHT) == (errors.NONE, True)

    run(test())


@pytest.mark.parametrize(
    "token",
    [
        b"",
        b"\0",
        RIGHT[:-1],
        RIGHT + b"\0",
        b"\0ada\0secret",
        b"ada" + RIGHT,
        b"\0marketplace\0",
        b"\0marketplace\0\xff",
    ],
)
def test_a_wrong_password_is_told_and_the_connection_closed(token: bytes) -> None:
    async def test() -> None:
        async with closed_to_strangers() as broker:
            assert await error_of(broker, token) == (errors.SASL_AUTHENTICATION_FAILED, False)

    run(test())


def test_a_stranger_gets_the_versions_and_nothing_else() -> None:
    async def test() -> None:
        async with closed_to_strangers() as broker:
            client = await broker.connect()
            versions = await client.ask(API_VERSIONS, 3, {})
            assert versions is not None
            assert {HEARTBEAT, HANDSHAKE, AUTHENTICATE} <= {each["api_key"] for each in versions["api_keys"]}
            client.send(request(HEARTBEAT, 3, GROUP))
            assert await client.is_closed()
            other = await broker.connect()
            other.send(request(HANDSHAKE, 1, {"mechanism": "PLAIN"}) + request(HEARTBEAT, 3, GROUP))
            assert await other.receive(HANDSHAKE, 1) is not None
            assert await other.is_closed()

    run(test())


def test_another_mechanism_is_refused_with_the_name_of_the_one_there_is() -> None:
    async def test() -> None:
        async with closed_to_strangers() as broker:
            client = await broker.connect()
            answer = await client.ask(HANDSHAKE, 1, {"mechanism": "SCRAM-SHA-256"})
            assert answer == {"error_code": errors.UNSUPPORTED_SASL_MECHANISM, "mechanisms": ["PLAIN"]}

    run(test())
