"""Sends the head of an answer together with its body: each write is a system call, and wakes the client by itself."""

from __future__ import annotations

import asyncio
from typing import Any

_HEAD = b"HTTP/1.1 "


class JoiningTransport:
    """A transport that holds a head back until the body comes, or until the event loop goes on without one."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport, self._call_soon = transport, asyncio.get_running_loop().call_soon
        self._head: bytes | None = None

    def __getattr__(self, name: str) -> Any:
        """All else is the transport's own."""
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Send these bytes after all before them."""
        if self._head is not None:
            head, self._head = self._head, None
            self._transport.writelines([head, data])
        elif data.startswith(_HEAD):
            self._head = data
            self._call_soon(self._flush)
        else:
            self._transport.write(data)

    def close(self) -> None:
        """Close the connection once all is sent."""
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        head, self._head = self._head, None
        if head is not None and not self._transport.is_closing():
            self._transport.write(head)
