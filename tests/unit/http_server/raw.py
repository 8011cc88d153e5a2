"""The server of every port on a free one, and raw connections to it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn

from services_stub.http_server.configuration import server_config
from tests.waiting import eventually

HOST = b"Host: localhost\r\n"
GET = b"GET / HTTP/1.1\r\n" + HOST


@dataclass
class App:
    """Answers every request with its body once it has it; holds those to `/held` until `release` is set."""

    release: asyncio.Event = field(default_factory=asyncio.Event)
    seen: list[dict[str, Any]] = field(default_factory=list)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request."""
        self.seen.append(scope)
        if scope["path"] == "/refused":
            await _answer(send, 413, b"")
            return
        if scope["path"] == "/large":
            await _answer(send, 200, b"x" * 30_000_000)
            return
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        if scope["path"] == "/held":
            await self.release.wait()
        await _answer(send, 200, body or b"hello")


async def _answer(send: Any, status: int, body: bytes) -> None:
    length = [(b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": length})
    await send({"type": "http.response.body", "body": body})


class _Server(uvicorn.Server):
    def capture_signals(self) -> Any:
        return contextlib.nullcontext()


@asynccontextmanager
async def listening(app: App, **options: Any) -> AsyncIterator[int]:
    """Serve `app` as production serves while the block runs; the value is the port."""
    config = server_config(app, grace_seconds=1, host="127.0.0.1", port=0, **options)
    config.load()
    server = _Server(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    server.server_state.default_headers = config.encoded_headers
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        app.release.set()
        for connection in list(server.server_state.connections):
            connection.transport.abort()
        server.servers[0].close()


class Raw:
    """A raw connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    async def open(cls, port: int) -> Raw:
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    async def send(self, data: bytes) -> None:
        """Send bytes, as far as the server takes them."""
        with contextlib.suppress(OSError):
            self._writer.write(data)
            await self._writer.drain()

    async def status(self) -> int:
        """The status of the next answer, whose body is read; 0 where the connection ended instead."""
        try:
            head = await self._reader.readuntil(b"\r\n\r\n")
            length = next((line[15:] for line in head.split(b"\r\n") if line.startswith(b"content-length")), b"0")
            await self._reader.readexactly(int(length))
        except (asyncio.IncompleteReadError, OSError):
            return 0
        return int(head.split(b" ", 2)[1])

    async def rest(self) -> bytes:
        """All that comes until the server ends the connection."""
        try:
            return await self._reader.read()
        except OSError:
            return b""

    def ended(self) -> bool:
        """Whether the server has ended the connection."""
        return self._reader.at_eof() or self._writer.transport.is_closing() or self._reader.exception() is not None

    async def ending(self) -> None:
        """Return when the server has ended the connection, without having read what it sent."""
        self._writer.transport.pause_reading()  # type: ignore[attr-defined]

        async def ended() -> bool:
            await self.send(b"x")
            return self.ended()

        await eventually(ended, seconds=5, what="the end of the connection")

    def close(self) -> None:
        self._writer.close()


@asynccontextmanager
async def connected(port: int) -> AsyncIterator[Raw]:
    """A connection while the block runs."""
    raw = await Raw.open(port)
    try:
        yield raw
    finally:
        raw.close()
