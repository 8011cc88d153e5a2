"""The rules that hold for every request at every port, before anything is done with it."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Collection, MutableMapping, Sequence
from typing import Any, TypeAlias

from services_stub.contracts.encoding import encode_json
from services_stub.contracts.problem import MEDIA_TYPE, FieldError, Problem, problem

Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
Application: TypeAlias = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]
RawHeaders: TypeAlias = Sequence[tuple[bytes, bytes]]

LISTS = frozenset(
    b"accept accept-charset accept-encoding accept-language baggage cache-control connection cookie forwarded if-match "
    b"if-none-match keep-alive pragma prefer te trailer tracestate upgrade via x-forwarded-for x-forwarded-host "
    b"x-forwarded-proto".split()
)
"""Headers that may be given several times: together they are one list (RFC 9110 §5.3)."""

_HOST = re.compile(rb"(\[[0-9A-Fa-f:.]+\]|[^:\[\]]+)(?::\d{1,5})?")
_LOOPBACK = re.compile(r"localhost\.?|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\]")


class Admission:
    """Refuses what could be read in two ways, and what a web page of another site could have sent.

    A header that is no list is given once. `Host` is a name of loopback, or one of `hosts`: a browser that was led here
    under another name (DNS rebinding) is turned away. HEAD is answered like GET, without a body.
    """

    def __init__(self, application: Application, hosts: Collection[str] = ()) -> None:
        self._application = application
        self._hosts = frozenset(name.lower() for name in hosts)

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Hand the request on, or refuse it."""
        if scope["type"] != "http":
            return
        refusal = self.refusal(scope["headers"], scope["http_version"])
        if refusal is not None:
            await _refuse(refusal, send)
        elif scope["method"] == "HEAD":
            # The server leaves the body out: it has the method that was asked for.
            await self._application({**scope, "method": "GET"}, receive, _once(send))
        else:
            await self._application(scope, receive, send)

    def refusal(self, headers: RawHeaders, http_version: str) -> Problem | None:
        """The refusal of a request with these headers, if any."""
        names = {name for name, _ in headers}
        if len(names) != len(headers) and (repeated := _repeated(headers)):
            return _refused_header(repeated, "given more than once")
        host = next((value for name, value in headers if name == b"host"), None)
        if host is None:
            return None if http_version == "1.0" else _refused_header("host", "missing")
        named = _HOST.fullmatch(host)
        name = named[1].decode("latin-1").lower() if named else ""
        if _LOOPBACK.fullmatch(name) or name in self._hosts:
            return None
        return problem(421, "misdirected", "this is not the host that was meant: ask for localhost")


def _repeated(headers: RawHeaders) -> str:
    """The first header that is given again and is no list."""
    seen: set[bytes] = set()
    for name, _ in headers:
        if name in seen and name not in LISTS:
            return name.decode("latin-1")
        seen.add(name)
    return ""


def _refused_header(name: str, message: str) -> Problem:
    return problem(400, "invalid-input", f"`{name}`: {message}", errors=[FieldError(field=name, message=message)])


def _once(send: Send) -> Send:
    """`send` for an answer without a body: it ends with its first part, also where others would follow."""
    ended = False

    async def sending(message: Message) -> None:
        nonlocal ended
        if not ended:
            ended = message["type"] == "http.response.body"
            await send({**message, "more_body": False} if ended else message)

    return sending


async def _refuse(refusal: Problem, send: Send) -> None:
    body = encode_json(refusal.document())
    headers = [
        (b"content-type", MEDIA_TYPE.encode()),
        (b"content-length", b"%d" % len(body)),
        (b"cache-control", b"no-store"),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
