"""The table of access is whole, and the running marketplace keeps it; no account reads another's belongings."""

from __future__ import annotations

import asyncio
import importlib
import re
from collections.abc import Iterator

import httpx
import pytest

from services_stub.client.errors import NotAllowed, NotFound
from services_stub.contracts.http.notification import Notification
from services_stub.infra.config.services import SERVICES
from services_stub.runtime.http import access_of
from services_stub.runtime.service import Service
from tests.system.access import ACCESS, ANYONE, INTERNAL
from tests.system.accounts import admin, buy, new_person, new_product
from tests.system.marketplace import Marketplace
from tests.waiting import eventually

ROLES = ("anonymous", "user", "seller", "admin")
ABSENT = "00000000-0000-7000-8000-000000000000"


def declared() -> Iterator[tuple[tuple[str, str, str], frozenset[str]]]:
    """Every route that a service declares, with who may call it."""
    for name in SERVICES:
        service: Service = importlib.import_module(f"services_stub.{name}.service").SERVICE
        for route in service.routes:
            for path in route.paths:
                for method in route.http_methods - {"HEAD", "OPTIONS"}:
                    yield (name, method, re.sub(r"\{[^}]*\}", "{id}", path)), access_of(route)


def test_no_route_is_missing_from_the_table() -> None:
    health = {("gateway", "GET", "/health/live"), ("gateway", "GET", "/health/ready")}
    assert dict(declared()) | dict.fromkeys(health, ANYONE) == ACCESS


@pytest.fixture(scope="module")
def tokens(marketplace: Marketplace) -> dict[str, str]:
    """An access token of each role."""

    async def log_in() -> dict[str, str]:
        user, seller = await new_person(marketplace), await new_person(marketplace, "seller")
        boss = await admin(marketplace)
        return {
            "user": user.session.access_token,
            "seller": seller.session.access_token,
            "admin": boss.session.access_token,
        }

    return asyncio.run(log_in())


@pytest.fixture(scope="module")
def http() -> Iterator[httpx.Client]:
    """A client with a connection for each request; to make a client takes longer than most requests."""
    with httpx.Client(timeout=20, limits=httpx.Limits(max_keepalive_connections=0)) as client:
        yield client


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("route", ACCESS, ids=" ".join)
def test_the_gateway_keeps_the_table(
    marketplace: Marketplace, http: httpx.Client, tokens: dict[str, str], route: tuple[str, str, str], role: str
) -> None:
    service, method, path = route
    headers = {"authorization": f"Bearer {tokens[role]}"} if role in tokens else {}
    prefix = "" if service == "gateway" else f"/{service}-service"
    url = marketplace.gateway + prefix + path.replace("{id}", ABSENT)
    with http.stream(method, url, headers=headers) as response:
        status = response.status_code
    allowed = ACCESS[route]
    if allowed == INTERNAL:
        assert status == 404
    elif allowed == ANYONE:
        assert status not in {403, 404} or "{id}" in path
        assert status < 500
    elif role == "anonymous":
        assert status == 401
    elif role not in allowed:
        assert status == 403
    else:
        assert status not in {401, 403}
        assert status < 500


@pytest.mark.parametrize(("service", "method", "path"), [route for route in ACCESS if ACCESS[route] == INTERNAL])
def test_internal_routes_need_the_internal_token(
    marketplace: Marketplace, http: httpx.Client, service: str, method: str, path: str
) -> None:
    url = f"http://127.0.0.1:{marketplace.state.service(service).port}{path.replace('{id}', '1')}"
    assert http.request(method, url).status_code == 404
    assert http.request(method, url, headers={"x-internal-token": "guess"}).status_code == 404
    opened = http.request(method, url, headers={"x-internal-token": marketplace.state.internal_token})
    assert opened.status_code != 404 or opened.json()["detail"] != "there is no such path"


def test_the_belongings_of_one_account_are_closed_to_every_other(marketplace: Marketplace) -> None:
    async def scenario() -> None:
        seller, other_seller = await new_person(marketplace, "seller"), await new_person(marketplace, "seller")
        alice, eve = await new_person(marketplace), await new_person(marketplace)
        product = await new_product(seller)
        order = await buy(alice, product.product_id)
        await alice.cart.add(product.product_id)
        for stranger in (eve, other_seller):
            with pytest.raises(NotFound):
                await stranger.orders.read(order.order_id)
        with pytest.raises(NotFound):
            await eve.orders.cancel(order.order_id)
        with pytest.raises(NotFound):
            await eve.payments.read(order.order_id)
        with pytest.raises(NotFound):
            await eve.orders.overview(order.order_id)
        with pytest.raises(NotFound):
            await eve.orders.timeline(order.order_id)
        assert (await eve.orders.list()).items == []
        assert (await eve.cart.read()).lines == []

        async def about_the_order() -> list[Notification]:
            return [m for m in (await alice.notifications.list()).items if m.about == order.order_id]

        messages = await eventually(about_the_order, seconds=10, what="a message about the order")
        assert order.order_id not in [m.about for m in (await eve.notifications.list()).items]
        with pytest.raises(NotFound):
            await eve.notifications.mark_read(messages[0].notification_id)
        with pytest.raises(NotAllowed):
            await other_seller.seller.change_product(product.product_id, quantity=1)
        with pytest.raises(NotFound):
            await other_seller.seller.ship(order.order_id)
        assert (await seller.orders.read(order.order_id)).order_id == order.order_id
        assert (await (await admin(marketplace)).orders.read(order.order_id)).order_id == order.order_id

    asyncio.run(scenario())


@pytest.mark.parametrize("service", [name for name in SERVICES if name != "gateway"])
def test_a_service_port_is_for_the_gateway_alone(
    marketplace: Marketplace, http: httpx.Client, tokens: dict[str, str], service: str
) -> None:
    base = f"http://127.0.0.1:{marketplace.state.service(service).port}"
    headers = {"authorization": f"Bearer {tokens['admin']}", "x-gateway-token": "guess"}
    assert http.get(f"{base}/api/products", headers=headers).status_code == 403
    assert http.get(f"{base}/health/live").status_code == 200
