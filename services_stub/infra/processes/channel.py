"""A line of JSON messages between the supervisor and a process forked for it.

When one side dies, the other one notices: there is nothing more to read.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections import deque
from collections.abc import Iterator
from typing import Any

import msgspec

from services_stub.infra.processes.protocol import LineBuffer

Message = dict[str, Any]
_PIECE = 65536


class Channel:
    """The supervisor's end."""

    def __init__(self, end: socket.socket) -> None:
        end.setblocking(False)
        self._end = end
        self._lines = LineBuffer()
        self._waiting: deque[bytes] = deque()
        self._request_lock = asyncio.Lock()

    async def receive(self) -> Message | None:
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
        return msgspec.json.decode(self._waiting.popleft(), type=Message)

    async def request(self, request: Message) -> Message | None:
        """Send a request and wait for its answer; None when the other side is gone."""
        async with self._request_lock:
            try:
                await asyncio.get_running_loop().sock_sendall(self._end, msgspec.json.encode(request) + b"\n")
            except OSError:
                return None
            return await self.receive()

    def close(self) -> None:
        """Hang up."""
        self._end.close()


def send(end: socket.socket, message: Message) -> None:
    """Send a message from the forked side; lost if the supervisor is gone."""
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        end.sendall(msgspec.json.encode(message) + b"\n")


def received(end: socket.socket) -> Iterator[Message]:
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
            yield msgspec.json.decode(line, type=Message)
