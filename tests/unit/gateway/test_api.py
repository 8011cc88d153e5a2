"""The gateway's own routes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import msgspec
import pytest

from services_stub.contracts.events import OrderStatus
from services_stub.contracts.http.gateway import Health, OrderOverview, ServiceHealth
from services_stub.contracts.http.notification import Inbox, Notification
from services_stub.contracts.http.order import Order
from services_stub.contracts.http.payment import Payment, PaymentStatus
from services_stub.contracts.money import ZERO
from services_stub.contracts.problem import Problem, problem
from services_stub.contracts.schemas import event_schemas
from services_stub.gateway.service import SERVICE
from services_stub.runtime.application import Application
from services_stub.runtime.context import Context
from services_stub.runtime.errors import Refused
from services_stub.runtime.http import build_app
from tests.contracts.samples import ORDER, PAYMENT, USER
from tests.unit.gateway.callers import gateway_context, scripted, token

NEWEST = "GET notification /api/notifications?limit=100"


@asynccontextmanager
async def gateway(*services: str) -> AsyncIterator[tuple[httpx.AsyncClient, Context]]:
    """The gateway's application with scripted services behind it."""
    context = gateway_context(*services)
    app: Any = Application(SERVICE).bind(context, lambda: ServiceHealth(name="gateway", ready=True))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway") as http:
        yield http, context


def _order() -> Order:
    return Order(
        order_id=ORDER,
        user_id=USER,
        status=OrderStatus.PAID,
        reason="",
        items=[],
        amount=ZERO,
        currency="USD",
        payment_method="pm_card_visa",
        created_at="",
        updated_at="",
    )


def _payment() -> Payment:
    return Payment(
        payment_id=PAYMENT,
        order_id=ORDER,
        user_id=USER,
        status=PaymentStatus.CHARGED,
        reason="",
        amount=ZERO,
        currency="USD",
        payment_method="pm_card_visa",
        created_at="",
        updated_at="",
    )


def _notification(name: str, about: str) -> Notification:
    return Notification(
        notification_id=name,
        channel="email",
        template="t",
        about=about,
        subject="s",
        text="t",
        read=False,
        created_at="",
    )


def _refuse(refusal: Problem) -> Any:
    def answer(_body: Any) -> Any:
        raise Refused.by(refusal)

    return answer


def test_the_index_leads_everywhere() -> None:
    async def scenario() -> None:
        async with gateway("order", "auth") as (http, _):
            index = (await http.get("/")).json()
            assert index["services"] == {"auth": "/auth-service/api", "order": "/order-service/api"}
            for path in (*index["documents"].values(), *index["schemas"].values()):
                assert (await http.get(path)).status_code == 200
            assert len(index["schemas"]) == len(event_schemas())

    asyncio.run(scenario())


def test_schemas_are_served_by_the_names_that_the_records_carry() -> None:
    async def scenario() -> None:
        async with gateway() as (http, _):
            for name, schema in event_schemas().items():
                assert (await http.get(schema["$id"])).json()["title"] == schema["title"], name
            for unknown in ("order-created.v2.json", "order-created.v1", "..%2f..%2fetc"):
                assert (await http.get(f"/schemas/{unknown}")).status_code == 404

    asyncio.run(scenario())


def test_openapi_leaves_out_services_that_are_away_and_is_kept_once_it_is_whole() -> None:
    async def scenario() -> None:
        async with gateway("order") as (http, context):
            assert "/api/stream" in (await http.get("/openapi.json")).json()["paths"]
            described = build_app("order", SERVICE.routes).openapi_schema.to_schema()
            asked = []

            def describe(_body: Any) -> Any:
                asked.append(1)
                return described

            scripted(context).answers["GET order /internal/openapi.json"] = describe
            for _ in range(3):
                assert "/order-service/api/stream" in (await http.get("/openapi.json")).json()["paths"]
            assert len(asked) == 1

    asyncio.run(scenario())


def test_the_whole_is_ready_when_every_service_is() -> None:
    async def scenario() -> None:
        async with gateway("order", "auth") as (http, context):
            answers = scripted(context).answers
            answers["GET auth /health/ready"] = lambda _: ServiceHealth(name="auth", ready=True)
            response = await http.get("/health/ready")
            health = msgspec.json.decode(response.content, type=Health)
            assert (response.status_code, health.ready) == (503, False)
            assert {service.name: service.ready for service in health.services} == {"auth": True, "order": False}
            answers["GET order /health/ready"] = lambda _: ServiceHealth(name="order", ready=True)
            response = await http.get("/health/ready")
            assert (response.status_code, response.json()["ready"]) == (200, True)

    asyncio.run(scenario())


def test_an_overview_puts_three_services_together() -> None:
    async def scenario() -> None:
        async with gateway() as (http, context):
            inbox = [_notification("1", ORDER), _notification("2", "another"), _notification("3", PAYMENT)]
            scripted(context).answers |= {
                f"GET order /api/orders/{ORDER}": lambda _: _order(),
                f"GET payment /api/payments/{ORDER}": lambda _: _payment(),
                NEWEST: lambda _: Inbox(items=inbox, unread=3),
            }
            response = await http.get(f"/api/orders/{ORDER}/overview", headers={"authorization": token(USER)})
            overview = msgspec.json.decode(response.content, type=OrderOverview)
            assert (overview.order, overview.payment) == (_order(), _payment())
            assert [told.notification_id for told in overview.notifications or []] == ["1", "3"]

    asyncio.run(scenario())


def test_an_overview_says_which_parts_are_missing() -> None:
    async def scenario() -> None:
        async with gateway() as (http, context):
            scripted(context).answers |= {
                f"GET order /api/orders/{ORDER}": lambda _: _order(),
                f"GET payment /api/payments/{ORDER}": _refuse(problem(403, "not-allowed", "")),
            }
            response = await http.get(f"/api/orders/{ORDER}/overview", headers={"authorization": token(USER)})
            assert response.status_code == 200
            assert (response.json()["payment"], response.json()["notifications"]) == (None, None)

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("order_id", "status"), [(ORDER, 404), ("..", 404), ("a.b", 404), ("x" * 65, 404), ("a%2fb", 404), ("other", 503)]
)
def test_there_is_no_overview_without_the_order(order_id: str, status: int) -> None:
    async def scenario() -> None:
        async with gateway() as (http, context):
            refusal = _refuse(problem(404, "not-found", "there is no such order"))
            scripted(context).answers[f"GET order /api/orders/{ORDER}"] = refusal
            response = await http.get(f"/api/orders/{order_id}/overview", headers={"authorization": token(USER)})
            assert response.status_code == status
            assert response.headers["content-type"] == "application/problem+json"

    asyncio.run(scenario())


@pytest.mark.parametrize("path", ["/api/stream", f"/api/orders/{ORDER}/overview"])
def test_who_is_not_signed_in_sees_nothing(path: str) -> None:
    async def scenario() -> None:
        async with gateway() as (http, _):
            assert (await http.get(path)).status_code == 401

    asyncio.run(scenario())
