"""The edge of a service: only the gateway and other services come in, and a bug is answered with its number."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import msgspec
import pytest
from structlog.testing import capture_logs

from services_stub.runtime.outermost import Outermost
from services_stub.runtime.settings import GATEWAY_TOKEN, INTERNAL_TOKEN, gateway_token

BY_GATEWAY = {GATEWAY_TOKEN: gateway_token("secret")}


async def fine(_scope: Any, _receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def broken(_scope: Any, _receive: Any, _send: Any) -> None:
    raise LookupError("a bug")


def ask(app: Any, path: str = "/api/things", headers: dict[str, str] | None = None) -> httpx.Response:
    async def asking() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
            return await client.get(path, headers=headers)

    return asyncio.run(asking())


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/api/things", {}, 403),
        ("/api/things", {GATEWAY_TOKEN: "guess"}, 403),
        ("/api/things", {GATEWAY_TOKEN: "secret"}, 403),
        ("/api/things", {INTERNAL_TOKEN: gateway_token("secret")}, 403),
        ("/api/things", BY_GATEWAY, 204),
        ("/api/things", {INTERNAL_TOKEN: "secret"}, 204),
        ("/health/ready", {}, 204),
    ],
)
def test_only_the_gateway_and_services_come_in(path: str, headers: dict[str, str], status: int) -> None:
    assert ask(Outermost(fine, "secret"), path, headers).status_code == status


def test_every_request_comes_in_where_there_is_no_token() -> None:
    assert ask(Outermost(fine, "")).status_code == 204


def test_a_bug_is_answered_with_the_number_under_which_it_is_in_the_log() -> None:
    with capture_logs() as logs:
        answer = ask(Outermost(broken, "secret"), headers=BY_GATEWAY)
    document = msgspec.json.decode(answer.content)
    assert (answer.status_code, document["type"]) == (500, "/problems/internal-error")
    assert [entry["bug"] for entry in logs] == [document["bug"]]
    assert document["bug"] in document["detail"]
