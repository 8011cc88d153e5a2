"""The readiness of a service as the supervisor reads it."""

from __future__ import annotations

import asyncio

import pytest

from services_stub.infra.processes.readiness import Readiness, readiness_of
from tests.ports import free_port

WAITS = b'{"name":"cart","ready":false,"detail":"waits for the cart store since 2026-01-31T12:00:00Z"}'
ALL = b'{"ready":false,"services":[{"name":"cart","ready":false},{"name":"auth","ready":true}]}'


async def answered(answer: bytes) -> Readiness:
    """The readiness of a service that gives this answer."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        return await readiness_of(server.sockets[0].getsockname()[1])


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n{}", Readiness(True)),
        (b"HTTP/1.0 200 OK\r\n\r\n", Readiness(True)),
        (b"HTTP/1.1 503 x\r\n\r\n" + WAITS, Readiness(False, "waits for the cart store since 2026-01-31T12:00:00Z")),
        (b"HTTP/1.1 503 x\r\n\r\n" + ALL, Readiness(False, "waits for cart")),
        (b"HTTP/1.1 500 x\r\n\r\n\xff", Readiness(False)),
        (b"", Readiness(False)),
    ],
)
def test_readiness_is_the_status_with_what_the_body_says(answer: bytes, found: Readiness) -> None:
    assert asyncio.run(answered(answer)) == found


def test_what_does_not_listen_is_not_ready() -> None:
    assert asyncio.run(readiness_of(free_port())) == Readiness(False, "accepts no connections")
