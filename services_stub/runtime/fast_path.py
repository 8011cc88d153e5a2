"""Answers the routes that every purchase takes without Litestar's machinery, by the same functions.

Routing, validation in general and responses with everything cost Litestar as much as such a request costs otherwise.
So a small ASGI application stands in front of it. It answers only what is as expected; whatever is not (a body that is
too large, a header that is missing, a query) is left to Litestar, which says what is wrong.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from litestar import Response
from litestar.enums import ScopeType
from litestar.handlers import HTTPRouteHandler
from litestar.types import ASGIApp, Receive, Scope, Send

from services_stub.contracts.encoding import encode_json
from services_stub.contracts.envelope import from_http
from services_stub.runtime.context import Context
from services_stub.runtime.http import LARGEST_BODY, as_response, authorize, decode_body
from services_stub.runtime.identifiers import new_id

_PATH_PARAMETER = re.compile(r"\{(\w+):str\}")


class _LeftToLitestar(Exception):
    """Litestar shall answer this one."""


class _Request:
    """What a route's parameters are taken from."""

    def __init__(
        self, headers: Mapping[str, str], body: bytes, caller: Any, path: Mapping[str, str], context: Context
    ) -> None:
        self.headers, self.body, self.caller, self.path, self.context = headers, body, caller, path, context


_Source = Callable[[_Request], Any]


class _Route:
    """One route: its path, and where each parameter of its function comes from."""

    def __init__(self, handler: HTTPRouteHandler, path: str) -> None:
        self.handler = handler
        self._function: Callable[..., Awaitable[Any]] = handler.fn
        self._status = handler.status_code
        self.pattern = re.compile(_PATH_PARAMETER.sub(r"(?P<\1>[^/]+)", path))
        hints = get_type_hints(self._function, include_extras=True)
        parameters = inspect.signature(self._function).parameters
        path_names = set(_PATH_PARAMETER.findall(path))
        self._sources = {
            name: _source(name, hints[name], parameter, path_names) for name, parameter in parameters.items()
        }

    async def answer(self, request: _Request) -> tuple[int, bytes]:
        """Call the function; its status and body."""
        arguments = {name: source(request) for name, source in self._sources.items()}
        result = await self._function(**arguments)
        if isinstance(result, Response):
            return result.status_code or self._status, encode_json(result.content)
        return self._status, b"" if result is None else encode_json(result)


class FastPath:
    """The application in front of `app` that answers `routes`."""

    def __init__(self, app: ASGIApp, routes: Sequence[HTTPRouteHandler], context: Context) -> None:
        self._app, self._context = app, context
        self._exact: dict[tuple[str, str], _Route] = {}
        self._patterns: list[tuple[str, _Route]] = []
        for handler in routes:
            (path,), (method,) = handler.paths, handler.http_methods - {"OPTIONS", "HEAD"}
            if _PATH_PARAMETER.search(path):
                self._patterns.append((method, _Route(handler, path)))
            else:
                self._exact[method, path] = _Route(handler, path)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request if it is for one of the routes and nothing about it is unusual."""
        found = self._find(scope) if scope["type"] == ScopeType.HTTP else None
        if found is None or scope["query_string"]:
            await self._app(scope, receive, send)
            return
        route, path = found
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        body, whole = await _read(receive)
        try:
            if not whole:
                raise _LeftToLitestar
            status, content, extra = await self._answer(route, headers, body, path)
        except _LeftToLitestar:
            await self._app(scope, _replay(body, whole, receive), send)
            return
        await send({"type": "http.response.start", "status": status, "headers": extra})
        await send({"type": "http.response.body", "body": content, "more_body": False})

    async def _answer(
        self, route: _Route, headers: Mapping[str, str], body: bytes, path: Mapping[str, str]
    ) -> tuple[int, bytes, list[tuple[bytes, bytes]]]:
        try:
            caller = await authorize(self._context, route.handler, headers)
            status, content = await route.answer(_Request(headers, body, caller, path, self._context))
        except _LeftToLitestar:
            raise
        except Exception as error:  # noqa: BLE001 - the edge of a request: what no handler expects is told as a bug
            response = as_response(error)
            extra = {"content-type": str(response.media_type), **response.headers}
            pairs = [(name.lower().encode(), value.encode()) for name, value in extra.items()]
            return response.status_code or 500, response.content, [*pairs, _length(response.content)]
        return status, content, [(b"content-type", b"application/json"), _length(content)]

    def _find(self, scope: Any) -> tuple[_Route, Mapping[str, str]] | None:
        method, path = scope["method"], scope["path"]
        exact = self._exact.get((method, path))
        if exact is not None:
            return exact, {}
        for wanted, route in self._patterns:
            if wanted == method and (match := route.pattern.fullmatch(path)):
                return route, match.groupdict()
        return None


def _source(name: str, hint: Any, parameter: inspect.Parameter, path_names: set[str]) -> _Source:
    """Where a parameter comes from."""
    if name == "data":
        return lambda request: _decoded(request, hint)
    if name == "context":
        return lambda request: request.context
    if name in {"caller", "visitor"}:
        return lambda request: request.caller
    if name == "cause":
        return lambda request: from_http(request.headers, request_id=new_id())
    if name in path_names:
        return lambda request: request.path[name]
    header = _header_of(hint)
    if header is not None:
        return lambda request: _header(request, header, parameter.default)
    default = parameter.default  # of a query parameter; a request with a query is unusual
    return lambda _request: default


def _decoded(request: _Request, hint: Any) -> Any:
    if not request.body:
        raise _LeftToLitestar
    return decode_body(request.body, hint)


def _header_of(hint: Any) -> Any:
    """What Litestar is told of a header: its name and its bounds."""
    declared = get_args(hint)[1:] if get_origin(hint) is Annotated else ()
    return next((item for item in declared if getattr(item, "header", None)), None)


def _header(request: _Request, declared: Any, default: Any) -> Any:
    value = request.headers.get(declared.header.lower())
    if value is None and default is not inspect.Parameter.empty:
        return default
    if value is None or (declared.max_length is not None and len(value) > declared.max_length):
        raise _LeftToLitestar
    return value


def _length(content: bytes) -> tuple[bytes, bytes]:
    return b"content-length", str(len(content)).encode()


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
