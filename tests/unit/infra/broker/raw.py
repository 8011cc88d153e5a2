"""A broker with handlers of the test's own, and clients that send bytes."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from services_stub.infra.kafka.broker import codec
from services_stub.infra.kafka.broker.connection import Connection
from services_stub.infra.kafka.broker.context import Handler, Message
from services_stub.infra.kafka.broker.faults import Faults
from services_stub.infra.kafka.broker.server import API_VERSIONS, Limits, Server
from tests.ports import free_port

HOST = "127.0.0.1"


def request(api_key: int, version: int, message: Message, correlation_id: int = 1) -> bytes:
    """A request with its header and its size."""
    tags = b"\0" if codec.is_flexible("request", api_key, version) else b""
    header = struct.pack(">hhih", api_key, version, correlation_id, 4) + b"test" + tags
    frame = header + codec.encoded("request", api_key, version, message)
    return struct.pack(">i", len(frame)) + frame


class Client:
    """One connection. None stands for a connection that the broker has closed."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    def send(self, data: bytes) -> None:
        """Send bytes, whatever they are."""
        self._writer.write(data)

    async def receive(self, api_key: int, version: int) -> tuple[int, Message] | None:
        """The next response, with its correlation id."""
        try:
            size, correlation_id = struct.unpack(">ii", await self._reader.readexactly(8))
            data = await self._reader.readexactly(size - 4)
        except (asyncio.IncompleteReadError, ConnectionError):
            return None
        tagged = codec.is_flexible("response", api_key, version) and api_key != API_VERSIONS
        message, end = codec.decoder("response", api_key, version)(data, int(tagged), len(data))
        assert end == len(data)
        return correlation_id, message

    async def ask(self, api_key: int, version: int, message: Message) -> Message | None:
        """The response to a request."""
        self.send(request(api_key, version, message))
        received = await self.receive(api_key, version)
        return received[1] if received else None

    async def is_closed(self) -> bool:
        """Whether the broker closes the connection instead of sending anything."""
        try:
            return not await self._reader.read(1)
        except ConnectionError:
            return True

    def close(self) -> None:
        """Close the connection."""
        self._writer.close()


class Running:
    """A server, and the clients that the test has opened."""

    def __init__(self, server: Server, port: int) -> None:
        self.server = server
        self.port = port
        self.faults = server.faults
        self.clients: list[Client] = []

    async def connect(self) -> Client:
        """Open a connection."""
        client = Client(*await asyncio.open_connection(HOST, self.port))
        self.clients.append(client)
        return client


@asynccontextmanager
async def running(
    handlers: Mapping[int, Handler], limits: Limits | None = None, **options: Any
) -> AsyncIterator[Running]:
    """Serve these handlers."""
    port = free_port()
    server = Server({(HOST, port): port}, Connection, handlers, {}, Faults(), limits, **options)
    await server.listen()
    made = Running(server, port)
    try:
        yield made
    finally:
        for client in made.clients:
            client.close()
        await server.refuse()
