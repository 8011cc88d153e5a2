"""A connection between two parts that passes through a TCP proxy on loopback, which slows it or cuts it.

Cut as a network is: connections stay, no byte passes, and what was sent arrives once the link is whole again, perhaps
after its sender has given up.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from simulator.scenario.quantities import MICROSECONDS

_PIECE = 1 << 16
_PIECES_WAITING = 64
_HOST = "127.0.0.1"


class Link:
    """The proxy before `url`, under a name such as `clients-gateway`. Use it as an asynchronous context manager.

    All of it happens in one event loop.
    """

    def __init__(self, name: str, url: str) -> None:
        self.name = name
        address = urlsplit(url)
        self._behind = (address.hostname or _HOST, address.port or 80)
        self._delay = 0.0
        self._whole = asyncio.Event()
        self._whole.set()
        self._prompt = asyncio.Event()
        self._prompt.set()
        self._passing: set[asyncio.Task[None]] = set()
        self._port = 0

    @property
    def url(self) -> str:
        """The address at which the parts in front of the proxy reach those behind it."""
        return f"http://{_HOST}:{self._port}"

    @property
    def is_whole(self) -> bool:
        """Whether bytes pass."""
        return self._whole.is_set()

    def cut(self) -> None:
        """Let nothing pass from now on."""
        self._whole.clear()

    def slow(self, microseconds: int) -> None:
        """Let every byte that comes from now on pass so much later."""
        self._delay = microseconds / MICROSECONDS["s"]
        self._prompt.clear()

    def heal(self) -> None:
        """Let everything pass at once, also what has been held back."""
        self._delay = 0.0
        self._prompt.set()
        self._whole.set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, _HOST, 0, backlog=1024)
        self._port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        for task in self._passing:
            task.cancel()
        await asyncio.gather(*self._passing, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._passing.add(task)
        task.add_done_callback(self._passing.discard)
        writers = [writer]
        try:
            await self._whole.wait()
            behind, to_behind = await asyncio.open_connection(*self._behind)
            writers.append(to_behind)
            async with asyncio.TaskGroup() as both_ways:
                both_ways.create_task(self._pass(reader, to_behind))
                both_ways.create_task(self._pass(behind, writer))
        except* OSError:
            pass  # one end is gone, and so is the other end's connection
        finally:
            for each in writers:
                each.close()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass one way on, each piece so much later as is said when it comes, and its end behind the last of them."""
        pieces: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(_PIECES_WAITING)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._read(reader, pieces))
            tasks.create_task(self._write(pieces, writer))

    async def _read(self, reader: asyncio.StreamReader, pieces: asyncio.Queue[tuple[float, bytes]]) -> None:
        data = b"-"
        while data:
            data = await reader.read(_PIECE)
            await pieces.put((asyncio.get_running_loop().time() + self._delay, data))

    async def _write(self, pieces: asyncio.Queue[tuple[float, bytes]], writer: asyncio.StreamWriter) -> None:
        while True:
            due, data = await pieces.get()
            with suppress(TimeoutError):
                async with asyncio.timeout_at(due):
                    await self._prompt.wait()
            await self._whole.wait()
            if not data:
                writer.write_eof()
                return
            writer.write(data)
            await writer.drain()
