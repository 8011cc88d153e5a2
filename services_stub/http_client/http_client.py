"""An HTTP/1.1 client that sends a request as it is given, once, and returns the answer as it came.

No redirects, no proxy, no cookies, no decompression, and nothing that a caller did not set but `host` and
`content-length`. It lives in the event loop of its callers: a client with threads of its own hands every answer over
between threads, which costs more than all the rest of a small request.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections import deque
from collections.abc import Iterable
from datetime import timedelta
from urllib.parse import quote, urlsplit

from services_stub.http_client.connection import Answer, Connection
from services_stub.http_client.errors import NotConnected

_PLAIN = re.compile(r"[\x21-\x7e]+")
_KEPT = "!#$%&'()*+,/:;=?@[]~"
_NO_LENGTH = frozenset({"GET", "HEAD"})

Headers = Iterable[tuple[bytes, bytes]]


class Unsendable(ValueError):
    """A request that no header section can hold: a line break or a NUL in its method or in a header."""


class HttpClient:
    """Requests to any number of servers. To be used in one event loop.

    `connect` limits the time to connect, `timeout` that from there to the whole answer. A connection is kept for
    `idle`: let it be shorter than the server keeps one, so that no request meets one that is just being closed.
    """

    def __init__(self, timeout: timedelta, *, connect: timedelta, idle: timedelta) -> None:
        self._seconds, self._connect_seconds = timeout.total_seconds(), connect.total_seconds()
        self._idle_seconds = idle.total_seconds()
        self._servers: dict[str, _Server] = {}

    async def send(self, base: str, method: str, path: str, headers: Headers = (), body: bytes = b"") -> Answer:
        """The answer to a request for a path, with its query, below the URL `base`.

        Characters that a request line cannot hold are sent percent-encoded.

        Raises:
            RequestFailed: there is none.
            Unsendable: see there.
        """
        server = self._servers.get(base)
        if server is None:
            server = self._servers[base] = _Server(base, self._idle_seconds)
        request = _encoded(server, method, path, headers, body)
        connection = server.idle_connection() or await self._connected(server)
        answer = await connection.exchange(request, self._seconds, has_body=method != "HEAD")
        server.keep(connection)
        return answer

    async def close(self) -> None:
        """Close the connections that nothing is asked on."""
        for server in self._servers.values():
            server.close()

    async def _connected(self, server: _Server) -> Connection:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._connect_seconds):
                _, connection = await loop.create_connection(Connection, server.host, server.port, ssl=server.tls)
        except TimeoutError as error:
            raise NotConnected(f"no connection within {self._connect_seconds:g} s") from error
        except OSError as error:
            raise NotConnected(os.strerror(error.errno) if error.errno else str(error)) from error
        return connection


class _Server:
    """The address of a server, and the connections to it that wait for the next request, the last used at the end."""

    def __init__(self, base: str, idle_seconds: float) -> None:
        parts = urlsplit(base)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"not an HTTP address: {base}")
        self.tls = parts.scheme == "https" or None
        self.host, self.port = parts.hostname, parts.port or (443 if self.tls else 80)
        self.authority, self.prefix = parts.netloc.rpartition("@")[2].encode("idna"), parts.path.rstrip("/")
        self._idle_seconds = idle_seconds
        self._idle = deque[tuple[float, Connection]]()
        self._closing_old: asyncio.TimerHandle | None = None

    def idle_connection(self) -> Connection | None:
        """Take the connection that was used last."""
        while self._idle:
            since, connection = self._idle.pop()
            if connection.is_reusable and asyncio.get_running_loop().time() - since < self._idle_seconds:
                return connection
            connection.close()
        return None

    def keep(self, connection: Connection) -> None:
        """Keep a connection for the next request, if it can have one."""
        if connection.is_reusable:
            loop = asyncio.get_running_loop()
            self._idle.append((loop.time(), connection))
            if self._closing_old is None:
                self._closing_old = loop.call_later(self._idle_seconds, self._close_old)

    def close(self) -> None:
        """Close them all."""
        if self._closing_old is not None:
            self._closing_old.cancel()
            self._closing_old = None
        for _, connection in self._idle:
            connection.close()
        self._idle.clear()

    def _close_old(self) -> None:
        loop = asyncio.get_running_loop()
        oldest = loop.time() - self._idle_seconds
        while self._idle and self._idle[0][0] <= oldest:
            self._idle.popleft()[1].close()
        self._closing_old = None
        if self._idle:
            self._closing_old = loop.call_at(self._idle[0][0] + self._idle_seconds, self._close_old)


def _encoded(server: _Server, method: str, path: str, headers: Headers, body: bytes) -> bytes:
    target = server.prefix + path
    if not _PLAIN.fullmatch(target):
        target = quote(target, safe=_KEPT)
    lines = [f"{method} {target} HTTP/1.1".encode(), b"host: " + server.authority]
    lines += [name + b": " + value for name, value in headers]
    if body or method not in _NO_LENGTH:
        lines.append(b"content-length: %d" % len(body))
    head = b"\r\n".join(lines)
    breaks = len(lines) - 1
    if head.count(b"\n") != breaks or head.count(b"\r") != breaks or b"\0" in head:
        raise Unsendable("a header with a line break or a NUL")
    return head + b"\r\n\r\n" + body
