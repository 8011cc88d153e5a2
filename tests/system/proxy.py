"""A TCP proxy before the gateway, which delays its answers, cuts what is open, and is away, as a test wants it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from tests.ports import free_port


class Proxy:
    """Passes connections on. `delay` is what every piece of an answer comes later, in seconds."""

    def __init__(self, gateway: str) -> None:
        self.delay = 0.0
        self.accepted = 0
        self._gateway = urlsplit(gateway)
        self._writers: set[asyncio.StreamWriter] = set()
        self._passing: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._port = free_port()

    @property
    def url(self) -> str:
        """The address of the gateway behind the proxy."""
        return f"http://127.0.0.1:{self._port}"

    async def come(self) -> None:
        """Accept connections, always at the same port."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self._port)

    def go(self) -> None:
        """Be away: new connections are refused, and those that are open are cut."""
        if self._server is not None:
            self._server.close()
        self.cut()

    def cut(self) -> None:
        """Cut all connections that are open."""
        for writer in self._writers:
            writer.transport.abort()

    async def end(self) -> None:
        """End everything."""
        self.go()
        for task in self._passing:
            task.cancel()
        await asyncio.gather(*self._passing, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        behind, to_gateway = await asyncio.open_connection(self._gateway.hostname, self._gateway.port)
        self._writers |= {writer, to_gateway}
        for passing in (self._pass(reader, to_gateway, delayed=False), self._pass(behind, writer, delayed=True)):
            task = asyncio.create_task(passing)
            self._passing.add(task)
            task.add_done_callback(self._passing.discard)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, delayed: bool) -> None:
        try:
            while data := await reader.read(1 << 20):
                if delayed and self.delay:
                    await asyncio.sleep(self.delay)
                writer.write(data)
                await writer.drain()
        except OSError:
            pass  # cut
        finally:
            self._writers.discard(writer)
            writer.close()


@asynccontextmanager
async def proxy_of(gateway: str) -> AsyncIterator[Proxy]:
    """A proxy before a gateway."""
    proxy = Proxy(gateway)
    await proxy.come()
    try:
        yield proxy
    finally:
        await proxy.end()
