"""The fast path answers as Litestar would, or leaves the answer to Litestar."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, cast

import httpx
import pytest
from litestar import get, post
from litestar.params import Parameter

from services_stub.contracts.envelope import Cause
from services_stub.contracts.http.product import CreateProduct
from services_stub.runtime.context import Context
from services_stub.runtime.errors import Refused, Unavailable
from services_stub.runtime.fast_path import FastPath, FastRoute, RawRequest
from services_stub.runtime.http import (
    JsonResponse,
    RequestScope,
    allow,
    allow_anyone,
    allow_internal,
)
from services_stub.runtime.http_application import build_app
from services_stub.runtime.settings import Settings
from services_stub.runtime.tokens import Caller, Verifier

Key = Annotated[str, Parameter(header="X-Key")]
Note = Annotated[str | None, Parameter(header="X-Note")]


@post("/api/things", **allow("user"))
async def make(data: CreateProduct, key: Key, caller: Caller, cause: Cause, note: Note = None) -> JsonResponse:
    """Answer what was understood, with a status of its own for one name."""
    if data.name == "refused":
        raise Refused(409, "no", "refused", lines=[1, 2])
    if data.name == "away":
        raise Unavailable("somewhere")
    if data.name == "bug":
        raise KeyError("a bug")
    seen = {"name": data.name, "key": key, "by": caller.user_id, "flow": cause.correlation_id, "note": note}
    return JsonResponse(seen, status_code=200 if data.name == "again" else 201)


@get("/api/things/{thing:str}/parts/{part:str}", **allow_internal())
async def look(thing: str, part: str, context: Context) -> list[str]:
    """Answer the parameters of the path."""
    return [thing, part, context.settings.service]


@post("/api/open", **allow_anyone())
async def opened(data: CreateProduct, visitor: Caller | None) -> CreateProduct:
    """Anyone may."""
    assert visitor is None or visitor.user_id
    return data


async def _make_fast(request: RawRequest) -> object:
    return await make.fn(
        data=request.decode(CreateProduct),
        key=request.header("X-Key"),
        caller=request.caller,
        cause=request.cause,
        note=request.headers.get("x-note"),
    )


async def _look_fast(request: RawRequest) -> object:
    return await look.fn(context=request.context, **request.path_parameters)


async def _opened_fast(request: RawRequest) -> object:
    return await opened.fn(data=request.decode(CreateProduct), visitor=request.caller)


FAST_ROUTES = [FastRoute(make, _make_fast), FastRoute(look, _look_fast), FastRoute(opened, _opened_fast)]


class _Verifier:
    async def caller(self, authorization: str) -> Caller:
        role = authorization.removeprefix("Bearer ")
        if role not in {"user", "seller"}:
            raise Refused(401, "token-invalid", "no")
        return Caller("u1", role, "", 2**40)


class _Settings:
    internal_token = "secret"
    service = "test"


def stage_context() -> Context:
    """A context with what these routes need of it."""
    context = Context.__new__(Context)
    context.settings = cast("Settings", _Settings())
    context.verifier = cast("Verifier", _Verifier())
    return context


GOOD = '{"name":"Lamp","category":"home","price":12.50,"quantity":1}'
USER = {"authorization": "Bearer user", "x-key": "k", "x-correlation-id": "flow"}
INSIDE = {"x-internal-token": "secret"}

REQUESTS: list[tuple[str, str, dict[str, str], str]] = [
    ("POST", "/api/things", USER, GOOD),
    ("POST", "/api/things", USER | {"x-note": "hello"}, GOOD),
    ("POST", "/api/things", USER, GOOD.replace("Lamp", "again")),
    ("POST", "/api/things", USER, GOOD.replace("Lamp", "refused")),
    ("POST", "/api/things", USER, GOOD.replace("Lamp", "away")),
    ("POST", "/api/things", USER, GOOD.replace("Lamp", "bug")),
    ("POST", "/api/things", USER, GOOD.replace("12.50", "-1")),
    ("POST", "/api/things", USER, GOOD.replace("Lamp", "La\\u0000mp")),
    ("POST", "/api/things", USER, GOOD.replace("Lamp", "Lämpchen 💡")),
    ("POST", "/api/things", USER, "nonsense"),
    ("POST", "/api/things", USER, ""),
    ("POST", "/api/things", USER, GOOD + " " * 300_000),
    ("POST", "/api/things?x=1", USER, GOOD),
    ("POST", "/api/things", {"authorization": "Bearer user"}, GOOD),
    ("POST", "/api/things", USER | {"authorization": "Bearer seller"}, GOOD),
    ("POST", "/api/things", USER | {"authorization": "Bearer forged"}, GOOD),
    ("POST", "/api/things", {"x-key": "k"}, GOOD),
    ("GET", "/api/things", USER, ""),
    ("POST", "/api/open", {}, GOOD),
    ("POST", "/api/open", {"authorization": "Bearer user"}, GOOD),
    ("POST", "/api/open", {"authorization": "Bearer forged"}, GOOD),
    ("GET", "/api/things/a/parts/b", INSIDE, ""),
    ("GET", "/api/things/a%20b/parts/%C3%A4", INSIDE, ""),
    ("GET", "/api/things/a/parts/b", {"x-internal-token": "guess"}, ""),
    ("GET", "/api/things/a/parts", INSIDE, ""),
    ("GET", "/api/things/a/parts/b/c", INSIDE, ""),
    ("GET", "/api/nothing", {}, ""),
]


def ask(app: Any, method: str, path: str, headers: dict[str, str], body: str) -> tuple[int, str, bytes]:
    async def send() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            given = {"content-type": "application/json"} | headers
            return await client.request(method, path, headers=given, content=body.encode())

    response = asyncio.run(send())
    return response.status_code, response.headers["content-type"], response.content


@pytest.mark.parametrize(("method", "path", "headers", "body"), REQUESTS)
def test_the_answer_is_the_same(
    monkeypatch: pytest.MonkeyPatch, method: str, path: str, headers: dict[str, str], body: str
) -> None:
    monkeypatch.setattr("services_stub.runtime.problems.new_id", lambda: "the number of a bug")
    context = stage_context()
    scope = RequestScope()
    scope.bind(context)
    app = build_app("test", [make, look, opened], scope)
    fast = FastPath(app, FAST_ROUTES, context)
    assert ask(fast, method, path, headers, body) == ask(app, method, path, headers, body)
