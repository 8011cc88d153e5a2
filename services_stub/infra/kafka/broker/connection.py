"""One client's connection: finds the requests in its bytes and carries them out one by one, as Kafka does.

What is not a request closes this connection and no other.
"""

from __future__ import annotations

import asyncio
import logging
import struct
from collections import deque
from typing import Any, cast

from services_stub.infra.kafka.broker.codec import MALFORMED, skip_tags
from services_stub.infra.kafka.broker.context import NO_RESPONSE, Context, Message
from services_stub.infra.kafka.broker.errors import KAFKA_STORAGE_ERROR
from services_stub.infra.kafka.broker.refusals import refusal
from services_stub.infra.kafka.broker.server import Call, Server

_SIZE = struct.Struct(">i")
_HEADER = struct.Struct(">ihhih")
"""Size, API key, version, correlation id, and the length of the client id (RequestHeader.json)."""

_ANSWER = struct.Struct(">ii")
_WRITE_BUFFER = 4 * 1024 * 1024
_log = logging.getLogger("kafka")


class Connection(asyncio.Protocol):
    """At most one request is in work. Bytes that come meanwhile wait, and end a fetch that waits for records."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._transport: asyncio.Transport
        self._host = ""
        self.node: Message = {}
        self.told: tuple[int, set[Any]] = 0, set()
        self._rest: list[bytes] = []
        self._waiting = 0  # bytes in `_rest`
        self._needed = 0  # bytes with which the next request is whole
        self._context: Context | None = None
        self._call: Call
        self._call_for = server.first_call
        self._full = False  # the client does not take its answers
        self._closed = False
        self._looks = False  # for requests in the bytes that came
        self._late: deque[bytes] = deque()
        self._due = 0.0  # when the last answer that was held back leaves, in seconds of the loop

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the connection, or close it where there are too many or the peer may not come in."""
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(_WRITE_BUFFER)
        peer, own = transport.get_extra_info("peername"), transport.get_extra_info("sockname")
        if not (peer and own and self._server.admit(self, peer, own)):
            self.cut()
        else:
            self._host = f"/{peer[0]}"
            self.node = {"host": own[0], "port": self._server.addresses.get(own[:2], own[1])}

    def connection_lost(self, _: Exception | None) -> None:
        """Let the request in work know, which is not answered any more."""
        self._closed = True
        self._server.connections.discard(self)
        self._rest.clear()
        if self._context is not None:
            self._context.closed = True
            self._context.interrupt()

    def pause_writing(self) -> None:
        """Carry out no more requests until the client has taken what it asked for."""
        self._full = True
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        """Go on."""
        self._full = False
        self._transport.resume_reading()
        if self._context is None:
            self._carry_on()

    def let_in(self) -> None:
        """Take requests of every kind."""
        self._call_for = self._server.call

    def cut(self) -> None:
        """Close the connection at once."""
        self._closed = True
        self._transport.abort()

    def close(self) -> None:
        """Take no further request, and close the connection when the client has the answers."""
        self._closed = True
        self._transport.close()

    def data_received(self, data: bytes) -> None:
        """Carry out what is whole."""
        if self._closed:
            return
        if self._context is None and not self._full and not self._rest:
            self._requests(data)
            return
        self._rest.append(data)
        self._waiting += len(data)
        if self._context is not None:
            # The bytes that wait are bounded by one request and what a read brings.
            if self._waiting > self._server.limits.request_bytes:
                self._transport.pause_reading()
            self._context.interrupt()
        elif self._waiting >= self._needed and not self._full:
            self._carry_on()

    def answered(self, context: Context, response: Message) -> None:
        """Send the response to the request in work, and go on with those behind it."""
        if context is not self._context:
            return
        self._context = None
        if response is not NO_RESPONSE and not self._closed:
            self._send(context, response)
        if not self._full and not self._looks:
            self._carry_on()

    def _carry_on(self) -> None:
        if self._rest and not self._closed:
            data = self._rest[0] if len(self._rest) == 1 else b"".join(self._rest)
            self._rest.clear()
            if self._waiting > self._server.limits.request_bytes:
                self._transport.resume_reading()
            self._waiting = 0
            self._requests(data)

    def _requests(self, data: bytes) -> None:
        """Carry out the requests in these bytes until one must wait; keep what is left."""
        at, size = 0, len(data)
        self._needed = _SIZE.size
        self._looks = True
        while size - at >= _SIZE.size and self._context is None and not self._full and not self._closed:
            (length,) = _SIZE.unpack_from(data, at)
            end = at + _SIZE.size + length
            if not _HEADER.size - _SIZE.size <= length <= self._server.limits.request_bytes:
                self._malformed(f"a request of {length} bytes")
                break
            if end > size:
                self._needed = end - at
                break
            self._request(data, at, end)
            at = end
            if self._context is not None and at < size:
                self._context.interrupt()
        self._looks = False
        if at < size and not self._closed:
            self._rest.append(data[at:] if at else data)
            self._waiting = size - at

    def _request(self, data: bytes, at: int, end: int) -> None:
        _, api_key, version, correlation_id, length = _HEADER.unpack_from(data, at)
        at += _HEADER.size
        try:
            call = self._call_for(api_key, version)
            name = data[at : at + length].decode() if length > 0 else ""
            at += max(length, 0)
            if call.flexible_request:
                at = skip_tags(data, at) if data[at] else at + 1
            request, _ = call.decode(data, at, end)
        except MALFORMED as error:
            self._malformed(f"a request of kind {api_key}, version {version}: {error}")
            return
        # It is in work before the handler runs, which may answer before it returns.
        self._call = call
        self._context = context = Context(self, api_key, version, correlation_id, name, self._host)
        try:
            if self._server.faults.active:
                self._server.faults.carry_out(call.handler, request, context)
            else:
                context.carry_out(call.handler, request)
        except OSError:  # a full disk: nothing that is to be kept can be
            context.answer(refusal(request, api_key, version, KAFKA_STORAGE_ERROR))
        except Exception:  # noqa: BLE001 - a mistake of ours ends one connection, not the broker
            _log.exception("a connection is closed by a bug in a request")
            self.cut()

    def _send(self, context: Context, response: Message) -> None:
        parts: list[bytes] = [b"", b"\0"] if self._call.flexible_response else [b""]
        try:
            self._call.encode(response, parts.append)
        except Exception:  # noqa: BLE001 - a mistake of ours ends one connection, not the broker
            _log.exception("a connection is closed by a bug in an answer")
            self.cut()
            return
        parts[0] = _ANSWER.pack(sum(map(len, parts)) + 4, context.correlation_id)
        answer = b"".join(parts)
        if context.delay or self._late:
            # Answers that are held back, and those behind them, leave in their order.
            now = self._server.loop.time()
            self._due = max(now + context.delay, self._due)
            self._late.append(answer)
            self._server.loop.call_later(self._due - now, self._send_late)
        else:
            self._transport.write(answer)

    def _send_late(self) -> None:
        if not self._closed:
            self._transport.write(self._late.popleft())

    def _malformed(self, what: str) -> None:
        _log.warning("a connection is closed: %s", what)
        self.cut()
