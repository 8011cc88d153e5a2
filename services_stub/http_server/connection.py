"""One connection of an HTTP client, with a limit for everything that the client decides: sizes, numbers and times.

Uvicorn has the protocol; it sets no limit to headers, to pipelined requests, to the time that a request takes to come,
nor to the time that an answer takes to be read.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from services_stub.contracts.encoding import encode_json
from services_stub.contracts.problem import MEDIA_TYPE, Problem, problem
from services_stub.http_server.joining import JoiningTransport

LARGEST_HEAD = 32 * 1024
"""Bytes of a request without its body."""

MOST_HEADERS = 100
MOST_PIPELINED = 16
"""Requests of a connection that wait for the answers to the ones before them."""

RECEIVE_SECONDS = 10.0
"""The time in which a connection must send a whole request."""

UNREAD_SECONDS = 20.0
"""The time in which a client must read what is sent to it."""

_LEFTOVER_SECONDS = 1.0
"""How long the rest of a body is read that was refused: closing at once could lose the answer on its way."""

_LATE_SECONDS = 1.0
_FRAMING = 8
"""Bytes of framing for each byte of a chunked body; more is no body, but headers behind it."""

_MALFORMED = problem(400, "malformed-request", "this is no HTTP request")
_HEAD_TOO_LARGE = problem(
    431,
    "headers-too-large",
    f"a request has at most {MOST_HEADERS} headers, with its path at most {LARGEST_HEAD} bytes",
)
_PIPELINED = problem(400, "too-many-pipelined", f"at most {MOST_PIPELINED} requests of a connection may wait")


class _RequestRefused(Exception):
    """Ends the parsing of a request."""


class Waiting:
    """The connections of a server that have no request under way: the first to go where there are too many.

    A connection that has not sent a whole request yet goes before one that has, which is likely to be of a client that
    keeps it for its next request.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._new: dict[BoundedConnection, None] = {}
        self._idle: dict[BoundedConnection, None] = {}

    def add_new(self, connection: BoundedConnection, count: int) -> None:
        """Take a new connection, the last of `count`; the one that waits longest ends where they are too many."""
        self._new[connection] = None
        if count > self._most:
            next(iter(self._idle if len(self._new) == 1 and self._idle else self._new)).abort()

    def add_idle(self, connection: BoundedConnection) -> None:
        """The connection has been answered and waits for its next request."""
        self._idle[connection] = None

    def remove(self, connection: BoundedConnection) -> None:
        """A request of the connection is under way, or it has gone."""
        self._new.pop(connection, None)
        self._idle.pop(connection, None)


class BoundedConnection(HttpToolsProtocol):
    """Uvicorn's connection within limits."""

    def __init__(self, *arguments: Any, waiting: Waiting, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        self._waiting = waiting
        self._receiving = self._head_complete = False
        self._goes_on = False  # whether all of a read is of a request that began before it, as far as it is parsed
        self._head_bytes = self._later_bytes = self._body_bytes = 0
        self._refusal = _MALFORMED
        self._deadline: asyncio.TimerHandle | None = None
        self._unread: asyncio.TimerHandle | None = None

    def abort(self) -> None:
        """End the connection at once, whatever was not sent yet."""
        self.transport.abort()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn's
        """Begin to wait for a request."""
        super().connection_made(JoiningTransport(transport))  # type: ignore[arg-type] # it is one as far as it is used
        self._set_deadline(RECEIVE_SECONDS)
        self._waiting.add_new(self, len(self.connections))

    def connection_lost(self, exc: Exception | None) -> None:
        """Let go."""
        self._waiting.remove(self)
        self._cancel_deadline()
        self._unset_keepalive_if_required()
        self._written()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what came: a part of a request, one, or several."""
        self._goes_on = self._receiving
        super().data_received(data)
        if not self._receiving and self._is_answering():
            self._cancel_deadline()
            return
        if self._deadline is None:
            self._set_deadline(RECEIVE_SECONDS)
        if self._goes_on and self._receiving:
            self._later_bytes += len(data)
            if self._later_bytes - _FRAMING * self._body_bytes > LARGEST_HEAD and not self.transport.is_closing():
                self._refuse(_HEAD_TOO_LARGE)

    def on_message_begin(self) -> None:
        """A request begins, in a time of its own."""
        super().on_message_begin()
        self._cancel_deadline()
        self._receiving, self._head_complete, self._goes_on = True, False, False
        self._head_bytes = self._later_bytes = self._body_bytes = 0

    def on_url(self, url: bytes) -> None:
        """A part of the path."""
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header; one behind the body is left out."""
        if self._head_complete:
            return
        self._count(len(name) + len(value))
        super().on_header(name, value)
        if len(self.headers) > MOST_HEADERS:
            self._stop_parsing(_HEAD_TOO_LARGE)

    def on_headers_complete(self) -> None:
        """The request is known but for its body: it begins to be answered, or waits for those before it."""
        self._head_complete = True
        if len(self.pipeline) >= MOST_PIPELINED:
            self._stop_parsing(_PIPELINED)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A part of the body."""
        self._body_bytes += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is whole."""
        super().on_message_complete()
        self._receiving = False
        self._waiting.remove(self)
        if not self._is_answering():
            # It was refused before its body came: uvicorn's own timer has ended by what came.
            self._waiting.add_idle(self)
            self._set_deadline(self.timeout_keep_alive)

    def on_response_complete(self) -> None:
        """A request was answered."""
        super().on_response_complete()
        if self.transport.is_closing():
            self._set_deadline(UNREAD_SECONDS)
        elif self._receiving and not self._is_answering():
            self._set_deadline(_LEFTOVER_SECONDS)
        elif not self._is_answering():
            self._waiting.add_idle(self)

    def timeout_keep_alive_handler(self) -> None:
        """No further request came: end, even if the last answer was not read."""
        if self.transport.get_write_buffer_size():
            self.abort()
        else:
            super().timeout_keep_alive_handler()

    def pause_writing(self) -> None:
        """The client does not read as fast as it is answered."""
        super().pause_writing()
        self._unread = self.loop.call_later(UNREAD_SECONDS, self.abort)

    def resume_writing(self) -> None:
        """The client reads again."""
        super().resume_writing()
        self._written()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - it says less than the refusal
        """Refuse what cannot be read."""
        self._refuse(self._refusal)

    def _refuse(self, refusal: Problem) -> None:
        """Answer with `refusal`, unless it would be taken for the answer to an earlier request, and end."""
        if not self._is_answering():
            body = encode_json(refusal.document())
            headers = b"content-type: %s\r\ncontent-length: %d\r\nconnection: close\r\n\r\n"
            self.transport.write(STATUS_LINE[refusal.status] + headers % (MEDIA_TYPE.encode(), len(body)) + body)
        self.transport.close()
        self._set_deadline(UNREAD_SECONDS)

    def _count(self, size: int) -> None:
        self._head_bytes += size
        if self._head_bytes > LARGEST_HEAD:
            self._stop_parsing(_HEAD_TOO_LARGE)

    def _stop_parsing(self, refusal: Problem) -> None:
        self._refusal = refusal
        raise _RequestRefused

    def _is_answering(self) -> bool:
        """Whether a request is being answered whose answer is not complete."""
        return bool(self.pipeline) or (self.cycle is not None and not self.cycle.response_complete)

    def _set_deadline(self, seconds: float) -> None:
        self._cancel_deadline()
        self._deadline = self.loop.call_later(seconds, self._end_late, self.loop.time() + seconds)

    def _cancel_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _end_late(self, due: float) -> None:
        self._deadline = None
        if self.loop.time() - due > _LATE_SECONDS:
            # This process stood still: what the client sent meanwhile has not been read yet.
            self._set_deadline(_LATE_SECONDS)
        else:
            self.abort()

    def _written(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None
