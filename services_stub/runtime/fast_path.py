"""Answers the routes of every purchase in front of Litestar, by the functions that Litestar calls for them.

Routing, validation in general and responses with everything cost Litestar as much as such a request costs otherwise.
So a small ASGI application stands in front of it. Each of its routes brings an adapter that takes a raw request apart
by hand. A request with anything unusual about it (a body that is too large, a missing header, a header given twice, a
query) is left to Litestar, which says what is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec
from litestar import Response
from litestar.enums import ScopeType
from litestar.handlers import HTTPRouteHandler
from litestar.types import ASGIApp, Receive, Scope, Send

from services_stub.contracts.encoding import encode_json
from services_stub.contracts.envelope import Cause, from_http
from services_stub.runtime.context import Context
from services_stub.runtime.http import LARGEST_BODY, authorize, check_media_type, decode_body
from services_stub.runtime.identifiers import new_id
from services_stub.runtime.problems import length_of, raw_answer
from services_stub.runtime.tokens import Caller

_PATH_PARAMETER = re.compile(r"\{(\w+):str\}")

T = TypeVar("T")


class LeftToLitestar(Exception):
    """The request is unusual: Litestar answers it. Raised before anything was done."""


class RawRequest(msgspec.Struct, frozen=True):
    """An admitted request as an adapter gets it; `headers` has their names in lower case.

    `caller` is None where the route is for anyone or for other services, and no token was sent.
    """

    context: Context
    caller: Caller | None
    cause: Cause
    headers: Mapping[str, str]
    path_parameters: Mapping[str, str]
    body: bytes

    def decode(self, body_type: type[T]) -> T:
        """The JSON body.

        Raises:
            LeftToLitestar: there is none.
            Refused: it is not of this type; names the field.
        """
        if not self.body:
            raise LeftToLitestar
        check_media_type(self.headers.get("content-type", ""))
        decoded: T = decode_body(self.body, body_type)
        return decoded

    def header(self, name: str) -> str:
        """A header that the route requires.

        Raises:
            LeftToLitestar: it is missing.
        """
        value = self.headers.get(name.lower())
        if value is None:
            raise LeftToLitestar
        return value


Adapter = Callable[[RawRequest], Awaitable[object]]
"""Calls the function of a route with what it takes from the raw request; returns what that returns."""


@dataclass(frozen=True)
class FastRoute:
    """A route that is answered in front of Litestar: `adapter` calls the function of `handler`."""

    handler: HTTPRouteHandler
    adapter: Adapter

    @property
    def path(self) -> str:
        """The only path of the route."""
        (path,) = self.handler.paths
        return path

    @property
    def method(self) -> str:
        """The only method of the route."""
        (method,) = self.handler.http_methods
        return method


class FastPath:
    """The application in front of `app` that answers `routes`."""

    def __init__(self, app: ASGIApp, routes: Sequence[FastRoute], context: Context) -> None:
        self._app, self._context = app, context
        self._exact: dict[tuple[str, str], FastRoute] = {}
        self._patterns: list[tuple[str, re.Pattern[str], FastRoute]] = []
        for route in routes:
            if "{" in route.path:
                pattern = re.compile(_PATH_PARAMETER.sub(r"(?P<\1>[^/]+)", route.path))
                self._patterns.append((route.method, pattern, route))
            else:
                self._exact[route.method, route.path] = route

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request if it is for one of the routes and nothing about it is unusual."""
        found = self._find(scope) if scope["type"] == ScopeType.HTTP else None
        if found is None or scope["query_string"]:
            await self._app(scope, receive, send)
            return
        route, path_parameters = found
        scope["path_template"] = route.path
        raw_headers = scope["headers"]
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in raw_headers}
        body, whole = await _read(receive)
        try:
            if not whole or len(headers) != len(raw_headers):  # type: ignore[arg-type] # a list, says ASGI
                raise LeftToLitestar
            status, content, extra = await self._answer(route, headers, path_parameters, body)
        except LeftToLitestar:
            await self._app(scope, _replay(body, whole, receive), send)
            return
        await send({"type": "http.response.start", "status": status, "headers": extra})
        await send({"type": "http.response.body", "body": content, "more_body": False})

    async def _answer(
        self, route: FastRoute, headers: Mapping[str, str], path_parameters: Mapping[str, str], body: bytes
    ) -> tuple[int, bytes, list[tuple[bytes, bytes]]]:
        try:
            caller = await authorize(self._context, route.handler, headers)
            cause = from_http(headers, request_id=new_id())
            result = await route.adapter(RawRequest(self._context, caller, cause, headers, path_parameters, body))
            status, content = _encoded(result, route.handler.status_code)
        except LeftToLitestar:
            raise
        except Exception as error:  # noqa: BLE001 - the edge of a request: what no handler expects is told as a bug
            return raw_answer(error)
        return status, content, [(b"content-type", b"application/json"), length_of(content)]

    def _find(self, scope: Any) -> tuple[FastRoute, Mapping[str, str]] | None:
        method, path = scope["method"], scope["path"]
        exact = self._exact.get((method, path))
        if exact is not None:
            return exact, {}
        for wanted, pattern, route in self._patterns:
            if wanted == method and (match := pattern.fullmatch(path)):
                return route, match.groupdict()
        return None


def _encoded(result: object, status: int) -> tuple[int, bytes]:
    """The status and the body of an answer; `status` is the route's own."""
    if isinstance(result, Response):
        return result.status_code or status, encode_json(result.content)
    return status, b"" if result is None else encode_json(result)


async def _read(receive: Receive) -> tuple[bytes, bool]:
    """The body, and whether it is all of it and not too large."""
    body = b""
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return body, False
        body += message["body"]
        if len(body) > LARGEST_BODY:
            return body, False
        if not message.get("more_body"):
            return body, True


def _replay(body: bytes, whole: bool, receive: Receive) -> Receive:
    """Receive what was read already, and then the rest."""
    messages: list[Any] = [{"type": "http.request", "body": body, "more_body": not whole}]

    async def replayed() -> Any:
        return messages.pop() if messages else await receive()

    return replayed
