"""The gateway's own routes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import msgspec
import pytest

from services_stub.contracts.http.gateway import Health, ServiceHealth
from services_stub.contracts.schemas import event_schemas
from services_stub.gateway.service import SERVICE
from services_stub.runtime.context import Context
from services_stub.runtime.http_application import build_app
from tests.contracts.samples import ORDER
from tests.unit.gateway.callers import gateway_context, scripted
from tests.unit.serving import application_of


@asynccontextmanager
async def gateway(*services: str) -> AsyncIterator[tuple[httpx.AsyncClient, Context]]:
    """The gateway's application with scripted services behind it."""
    context = gateway_context(*services)
    with application_of(SERVICE) as application:
        app: Any = application.bind(context, lambda: ServiceHealth(name="gateway", ready=True))
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway") as http:
            yield http, context


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
            away = ServiceHealth(name="order", ready=False, detail="waits for Kafka since 2026-01-31T12:00:00Z")
            answers["GET order /health/live"] = lambda _: away
            told = msgspec.json.decode((await http.get("/health/ready")).content, type=Health).services
            assert [one.detail for one in told if not one.ready] == [away.detail]
            answers["GET order /health/ready"] = lambda _: ServiceHealth(name="order", ready=True)
            response = await http.get("/health/ready")
            assert (response.status_code, response.json()["ready"]) == (200, True)

    asyncio.run(scenario())


@pytest.mark.parametrize("path", ["/api/stream", f"/api/orders/{ORDER}/overview", f"/api/orders/{ORDER}/timeline"])
def test_who_is_not_signed_in_sees_nothing(path: str) -> None:
    async def scenario() -> None:
        async with gateway() as (http, _):
            assert (await http.get(path)).status_code == 401

    asyncio.run(scenario())
