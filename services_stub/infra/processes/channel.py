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
        self._unanswered = 0

    async def receive(self, decoder: msgspec.json.Decoder[M]) -> M | None:
        """The next message, or None when the other side is gone."""
        line = await self._line()
        return None if line is None else decoder.decode(line)

    async def _line(self) -> bytes | None:
        loop = asyncio.get_running_loop()
        while not self._waiting:
            try:
                data = await loop.sock_recv(self._end, _PIECE)
            except OSError:
                return None
            if not data:
                return None
            self._waiting.extend(self._lines.feed(data))
        return self._waiting.popleft()

    async def request(self, request: Message, decoder: msgspec.json.Decoder[M], seconds: float) -> M | None:
        """Send a request and wait for its answer; None when the other side is gone.

        Raises:
            TimeoutError: there was no answer within `seconds`. Until it comes, which is of no use then, nothing else is
                sent.
        """
        async with asyncio.timeout(seconds), self._request_lock:
            while self._unanswered:
                if await self._line() is None:
                    return None
                self._unanswered -= 1
            try:
                await asyncio.get_running_loop().sock_sendall(self._end, encode(request) + b"\n")
            except OSError:
                return None
            self._unanswered += 1
            answer = await self.receive(decoder)
            self._unanswered -= 1
            return answer

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
