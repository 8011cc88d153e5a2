"""One connection of HTTP/1.1 (RFC 9112) as an asyncio protocol: a request at a time, whose answer is read whole."""

from __future__ import annotations

import asyncio
from typing import NamedTuple, cast

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from services_stub.http_client.errors import AnswerLost, RequestFailed, TooSlow

_SAYS_WHERE_IT_ENDS = frozenset({b"content-length", b"transfer-encoding"})


class Answer(NamedTuple):
    """An answer as it came; the names of its headers are in lower case."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes

    def header(self, name: bytes) -> bytes | None:
        """The value of the first header of a name, if there is one."""
        return next((value for other, value in self.headers if other == name), None)


class Connection(asyncio.Protocol):
    """`is_reusable` says whether it can have the next request."""

    def __init__(self) -> None:
        self.is_reusable = True
        self._transport: asyncio.Transport
        self._parser = HttpResponseParser(self)
        self._waiting: asyncio.Future[Answer] | None = None
        self._has_body, self._says_where_it_ends, self._ends_with_connection = True, False, False
        self._headers: list[tuple[bytes, bytes]] = []
        self._body: list[bytes] = []

    async def exchange(self, request: bytes, seconds: float, *, has_body: bool) -> Answer:
        """The answer to a request; `has_body` is false for one to HEAD, which has none whatever its headers say.

        Raises:
            TooSlow: it did not come within `seconds`.
            AnswerLost: the connection ended, or the answer is no HTTP.
        """
        loop = asyncio.get_running_loop()
        self._has_body, self._ends_with_connection = has_body, False
        waiting: asyncio.Future[Answer] = loop.create_future()
        self._waiting = waiting
        timer = loop.call_later(seconds, self._fail, TooSlow(f"no answer within {seconds:g} s"))
        self._transport.write(request)
        try:
            return await waiting
        finally:
            timer.cancel()
            if self._waiting is not None:  # its caller was cancelled
                self._waiting = None
                self.close()

    def close(self) -> None:
        """End the connection at once."""
        self.is_reusable = False
        self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the loop."""
        self._transport = cast(asyncio.Transport, transport)  # that of uvloop is none by its class

    def data_received(self, data: bytes) -> None:
        """Called by the loop."""
        try:
            self._parser.feed_data(data)
        except (HttpParserError, HttpParserUpgrade) as error:
            self._fail(AnswerLost(f"unreadable answer: {error}"))

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by the loop."""
        self.is_reusable = False
        if exc is None and self._ends_with_connection:
            self._complete(keeps_alive=False)
        self._fail(AnswerLost(str(exc) if exc else "the connection ended"))

    def on_message_begin(self) -> None:
        """Called by the parser."""
        self._headers, self._body, self._says_where_it_ends = [], [], False
        if self._waiting is None:  # nothing was asked
            self.close()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Called by the parser."""
        lowered = name.lower()
        self._headers.append((lowered, value))
        if lowered in _SAYS_WHERE_IT_ENDS:
            self._says_where_it_ends = True

    def on_headers_complete(self) -> None:
        """Called by the parser."""
        if self._parser.get_status_code() < 200:
            return  # it comes before the answer
        self._ends_with_connection = not self._says_where_it_ends
        if not self._has_body:
            # The parser waits for the body that the headers announce, so that it cannot read a next answer.
            self._complete(keeps_alive=False)

    def on_body(self, body: bytes) -> None:
        """Called by the parser."""
        self._body.append(body)

    def on_message_complete(self) -> None:
        """Called by the parser."""
        if self._parser.get_status_code() >= 200:
            self._complete(keeps_alive=self._parser.should_keep_alive())

    def _complete(self, *, keeps_alive: bool) -> None:
        waiting, self._waiting = self._waiting, None
        if not keeps_alive:
            self.close()
        if waiting is not None and not waiting.done():
            waiting.set_result(Answer(self._parser.get_status_code(), self._headers, b"".join(self._body)))

    def _fail(self, error: RequestFailed) -> None:
        waiting, self._waiting = self._waiting, None
        self.close()
        if waiting is not None and not waiting.done():
            waiting.set_exception(error)
