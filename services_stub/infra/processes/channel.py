"""The socket between the supervisor and one process that was forked for it: a JSON message per line, both ways.

When one side dies, the other one notices: there is nothing more to read.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections import deque
from collections.abc import Iterator
from typing import TypeVar

import msgspec

from services_stub.infra.processes.messages import Message, encode
from services_stub.infra.processes.protocol import LineBuffer

M = TypeVar("M")
_PIECE = 65536


class Channel:
    """The supervisor's end."""

    def __init__(self, end: socket.socket) -> None:
        end.setblocking(False)
        self._end = end
        self._lines = LineBuffer()
        self._waiting: deque[bytes] = deque()
        self._request_lock = asyncio.Lock()

    async def receive(self, decoder: msgspec.json.Decoder[M]) -> M | None:
        """The next message, or None when the other side is gone."""
        loop = asyncio.get_running_loop()
        while not self._waiting:
            try:
                data = await loop.sock_recv(self._end, _PIECE)
            except OSError:
                return None
            if not data:
                return None
            self._waiting.extend(self._lines.feed(data))
        return decoder.decode(self._waiting.popleft())

    async def request(self, request: Message, decoder: msgspec.json.Decoder[M]) -> M | None:
        """Send a request and wait for its answer; None when the other side is gone."""
        async with self._request_lock:
            try:
                await asyncio.get_running_loop().sock_sendall(self._end, encode(request) + b"\n")
            except OSError:
                return None
            return await self.receive(decoder)

    def close(self) -> None:
        """Close the socket, which the other side notices."""
        self._end.close()


def send(end: socket.socket, message: Message) -> None:
    """Send a message from the forked side; lost if the supervisor is gone."""
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        end.sendall(encode(message) + b"\n")


def received(end: socket.socket, decoder: msgspec.json.Decoder[M]) -> Iterator[M]:
    """The messages that reach the forked side, until the supervisor is gone."""
    lines = LineBuffer()
    while True:
        try:
            data = end.recv(_PIECE)
        except ConnectionResetError:
            return
        if not data:
            return
        for line in lines.feed(data):
            yield decoder.decode(line)
