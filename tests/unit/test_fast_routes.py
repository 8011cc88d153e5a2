"""Every fast route of every service answers as the same service does without its fast path.

The requests are made from the declarations: a fast route whose body or header is not known here fails the test.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
from litestar import get, post
from litestar.params import ParameterKwarg

from services_stub.contracts.events.product import ProductStatus
from services_stub.contracts.http.cart import AddToCart, TakeCart
from services_stub.contracts.http.order import PlaceOrder
from services_stub.contracts.http.product import Product, Reserve
from services_stub.infra.config.services import SERVICES
from services_stub.runtime.fast_path import FastRoute, RawRequest
from services_stub.runtime.http import LARGEST_BODY, allow
from services_stub.runtime.service import Service
from services_stub.runtime.settings import INTERNAL_TOKEN
from tests.unit.every_service import at_work, declared
from tests.unit.serving import THE_INTERNAL_TOKEN, Serving

BODIES: dict[Any, str] = {
    AddToCart: '{"productId":"p1","quantity":2}',
    PlaceOrder: '{"paymentMethod":"pm_card_visa"}',
    list[TakeCart]: '[{"orderId":"o1","userId":"u1","attemptId":"a1"}]',
    list[Reserve]: '[{"orderId":"o1","lines":[{"productId":"p1","quantity":1,"unitPrice":2.50}]}]',
}
LAMP = Product(
    product_id="p1",
    seller_id="s1",
    name="Lamp",
    category="Home",
    description="",
    price=Decimal("2.50"),
    currency="USD",
    quantity=1000,
    status=ProductStatus.ACTIVE,
    version=1,
    created_at="2026-01-01T00:00:00Z",
)
HEADERS = {"Idempotency-Key": "key-1", "X-Session-Id": "0123456789abcdef0123456789abcdef"}
FAST_SERVICES = [name for name in SERVICES if declared(name).fast_routes]

Asked = tuple[str, list[tuple[str, str]], bytes]
"""The path, the headers and the body of a request."""


def body_type(route: FastRoute) -> Any:
    data = route.handler.parsed_fn_signature.parameters.get("data")
    return None if data is None else data.annotation


def headers_of(route: FastRoute) -> list[tuple[str, str]]:
    """The headers that the function of a route asks for, with a value for each."""
    found = []
    for parameter in route.handler.parsed_fn_signature.parameters.values():
        declared_as = parameter.kwarg_definition
        if isinstance(declared_as, ParameterKwarg) and declared_as.header:
            found.append((declared_as.header, HEADERS[declared_as.header]))
    return found


def bodies(good: str) -> Iterator[bytes]:
    """A body, and what can be wrong with one."""
    yield good.encode()
    if not good:
        yield b"{}"
        return
    yield from (b"", b"nonsense", b"[]", b"{}", b"null", b'{"\xff":1}', b"{" * 2000)
    yield good.replace("{", '{"unknown":1,', 1).encode()
    yield re.sub(r':"[^"]*"', r':"a\\u0000b"', good, count=1).encode()
    yield re.sub(r':"[^"]*"', ':"Lämpchen 💡"', good, count=1).encode()
    yield re.sub(r':"[^"]*"', ":7", good, count=1).encode()
    yield (good + " " * LARGEST_BODY).encode()


def requests_for(route: FastRoute) -> Iterator[Asked]:
    """The usual request of a route, and every unusual one."""
    path = re.sub(r"\{\w+:str\}", "x1", route.path)
    good = BODIES[body_type(route)] if body_type(route) is not None else ""
    content = [("content-type", "application/json")]
    inside = [(INTERNAL_TOKEN, THE_INTERNAL_TOKEN)]
    user = [("authorization", "Bearer user:u1")]
    own = headers_of(route)
    usual = [*content, *inside, *user, *own]
    for body in bodies(good):
        yield path, usual, body
    whole = good.encode()
    for other_path in (
        f"{path}/",
        f"{path}?x=1",
        f"{path}?",
        path.replace("x1", "a%20b"),
        path.replace("x1", "%C3%A4"),
    ):
        yield other_path, usual, whole
    for other_content in (
        [],
        [("content-type", "text/plain")],
        [("content-type", "application/x-www-form-urlencoded")],
    ):
        yield path, [*other_content, *inside, *user, *own], whole
    for others in ([], inside, user, [(INTERNAL_TOKEN, "guess")], [("authorization", "Bearer seller:s1")]):
        yield path, [*content, *own, *others], whole
    yield path, [*usual, ("authorization", "Bearer admin:a1")], whole
    for place, (name, value) in enumerate(own):
        others = own[:place] + own[place + 1 :]
        for changed in ([], [(name, "")], [(name, "x" * 10_000)], [(name, value), (name, "second")], [(name, "a b")]):
            yield path, [*content, *inside, *user, *others, *changed], whole
    for name, value in (("x-correlation-id", "flow"), ("x-request-id", "r1"), ("traceparent", "nonsense")):
        yield path, [*usual, (name, value)], whole


def with_a_product(running: Serving) -> str:
    """The id of a product that can be bought, as far as the service is concerned."""
    if running.settings.service == "product":
        product = {"name": "Lamp", "category": "Home", "price": 2.5, "quantity": 1000}
        return str(running.request("POST", "/api/products", by="seller:s1", json=product).json()["productId"])
    running.peers.answers["GET product /api/products/p1"] = lambda _body: LAMP
    return "p1"


class Counting:
    """An adapter that counts the answers that it gave."""

    def __init__(self, route: FastRoute) -> None:
        self.adapter, self.answered = route.adapter, 0

    async def __call__(self, request: RawRequest) -> object:
        try:
            result = await self.adapter(request)
        except Exception as error:
            self.answered += not type(error).__name__.startswith("LeftToLitestar")
            raise
        self.answered += 1
        return result


def ask(running: Serving, product_id: str, method: str, asked: Asked) -> tuple[int, str | None, str | None, str]:
    """The visible part of an answer, without times and the product's id, which differ."""
    path, headers, body = asked
    body = body.replace(b'"p1"', f'"{product_id}"'.encode())
    response: httpx.Response = running.request(method, path, headers=httpx.Headers(headers), content=body)
    text = re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+Z", "TIME", response.text).replace(product_id, "p1")
    return response.status_code, response.headers.get("content-type"), response.headers.get("www-authenticate"), text


@pytest.mark.parametrize("name", FAST_SERVICES)
def test_answers_are_the_same_with_and_without_the_fast_path(name: str, tmp_path: Path) -> None:
    service = declared(name)
    counting = [Counting(route) for route in service.fast_routes]
    routes = [FastRoute(route.handler, count) for route, count in zip(service.fast_routes, counting, strict=True)]
    fast = dataclasses.replace(service, fast_routes=routes)
    plain = dataclasses.replace(service, fast_routes=())
    with at_work(fast, tmp_path / "fast") as one, at_work(plain, tmp_path / "plain") as other:
        statuses: set[int] = set()
        of_one, of_other = with_a_product(one), with_a_product(other)
        for route, count in zip(service.fast_routes, counting, strict=True):
            for asked in requests_for(route):
                by_fast_path = ask(one, of_one, route.method, asked)
                by_litestar = ask(other, of_other, route.method, asked)
                assert by_fast_path == by_litestar, asked
                statuses.add(by_fast_path[0])
            assert count.answered > 0, f"{route.method} {route.path} never reached its adapter"
    # An order needs a cart and a reservation, which the tests of its routes have.
    assert name == "order" or statuses & {200, 201}


def test_there_are_fast_routes_to_compare() -> None:
    assert FAST_SERVICES


@post("/api/things", **allow("user"))
async def make() -> None:
    """Do nothing."""


@get("/api/things", **allow("user"))
async def look() -> None:
    """Do nothing."""


async def adapt(_request: RawRequest) -> object:
    return None


@pytest.mark.parametrize("fast_route", [make, FastRoute(make, None)])  # type: ignore[arg-type] # the mistake
def test_a_fast_route_without_an_adapter_is_refused(fast_route: Any) -> None:
    with pytest.raises(ValueError, match=r"test: .* has no adapter: declare FastRoute\(handler, adapter\)"):
        Service(name="test", routes=[make], fast_routes=[fast_route])


def test_a_fast_route_that_is_no_route_is_refused() -> None:
    with pytest.raises(ValueError, match="test: GET /api/things is a fast route, but not among the routes"):
        Service(name="test", routes=[make], fast_routes=[FastRoute(look, adapt)])


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", "", "application/jsonx"])
@pytest.mark.parametrize("query", ["", "?left=to-litestar"])
def test_a_body_that_is_not_said_to_be_json_is_refused_either_way(tmp_path: Path, media_type: str, query: str) -> None:
    with at_work(declared("cart"), tmp_path) as running:
        path, headers = f"/api/cart/public/add{query}", HEADERS | {"content-type": media_type}
        refused = running.request("POST", path, content=b'{"productId": "p1"}', headers=headers)
        assert (refused.status_code, refused.json()["type"]) == (415, "/problems/unsupported-media-type")
