"""A small HTTP server for the supervisor, which has no use for the memory of a framework: JSON in, JSON out."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from http import HTTPStatus

import httptools
import msgspec

_LARGEST_BODY = 64 * 1024


class Request(msgspec.Struct, kw_only=True):
    """One request, complete."""

    method: str = ""
    path: str = ""
    headers: dict[str, str] = {}
    body: bytes = b""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """A status and a JSON body."""

    status: int = 200
    body: bytes = b"{}"
    media_type: str = "application/json"


Handle = Callable[[Request], Awaitable[Answer]]


class _Connection(asyncio.Protocol):
    """One connection: requests are answered one after the other."""

    def __init__(self, handle: Handle) -> None:
        self._handle = handle
        self._parser = httptools.HttpRequestParser(self)
        self._requests: asyncio.Queue[Request | None] = asyncio.Queue()
        self._request = Request()
        self._url = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to answer."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._serving = asyncio.create_task(self._serve())

    def connection_lost(self, _error: Exception | None) -> None:
        """End once what is under way is answered."""
        self._requests.put_nowait(None)

    def data_received(self, data: bytes) -> None:
        """Parse; whoever does not speak HTTP is hung up on."""
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self._transport.close()

    def on_message_begin(self) -> None:
        """A request begins."""
        self._request = Request(headers={})
        self._url = b""

    def on_url(self, part: bytes) -> None:
        """A part of the request's target."""
        self._url += part

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header of the request."""
        self._request.headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_body(self, part: bytes) -> None:
        """A part of the request's body."""
        self._request.body += part
        if len(self._request.body) > _LARGEST_BODY:
            self._transport.close()

    def on_message_complete(self) -> None:
        """The request is whole."""
        self._request.method = self._parser.get_method().decode()
        self._request.path = (httptools.parse_url(self._url).path or b"/").decode("latin-1")
        self._requests.put_nowait(self._request)

    async def _serve(self) -> None:
        while (request := await self._requests.get()) is not None:
            answer = await self._handle(request)
            head = (
                f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}\r\n"
                f"content-type: {answer.media_type}\r\ncontent-length: {len(answer.body)}\r\n\r\n"
            )
            self._transport.write(head.encode() + answer.body)


async def serve(handle: Handle, host: str, port: int) -> asyncio.Server:
    """Listen; `handle` answers every request."""
    return await asyncio.get_running_loop().create_server(lambda: _Connection(handle), host, port)
