"""A marketplace of canned answers behind httpx's mock transport: it records the requests."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

import httpx

from services_stub.client import MarketplaceClient
from services_stub.contracts.encoding import encode_json
from services_stub.contracts.http.auth import Tokens, User
from services_stub.contracts.http.cart import Cart
from services_stub.contracts.money import ZERO

Answer = httpx.Response | Exception
Handler = Callable[[httpx.Request], Answer]
Result = TypeVar("Result")

LOGIN = "/auth-service/api/auth/login"
REFRESH = "/auth-service/api/auth/refresh"


class FakeMarketplace:
    """Answers by method and path; a list of answers is used up one by one, its last one stays."""

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []
        self._answers: dict[str, list[Answer | Handler]] = {}

    def on(self, method: str, path: str, *answers: Answer | Handler) -> None:
        self._answers[f"{method} {path}"] = list(answers)

    def sign_in(self, role: str = "user", access_token: str = "token-1") -> None:
        self.on("POST", LOGIN, json(tokens(access_token, role)))

    def asked(self) -> list[str]:
        return [f"{request.method} {request.url.raw_path.decode()}" for request in self.requests]

    def client(self, **options: Any) -> MarketplaceClient:
        options = {"retry_pauses": (0.0, 0.0, 0.0)} | options
        return MarketplaceClient("http://shop", transport=httpx.MockTransport(self._answer), **options)

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        await asyncio.sleep(0)  # so that requests made at once are in flight at once
        self.requests.append(request)
        answers = self._answers.get(f"{request.method} {request.url.path}")
        if answers is None:
            return refusal(404, "not-found")
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if not isinstance(answer, httpx.Response | Exception):
            answer = answer(request)
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)


def json(value: Any, status: int = 200) -> httpx.Response:
    return httpx.Response(status, content=encode_json(value), headers={"content-type": "application/json"})


def refusal(status: int, code: str, **members: Any) -> httpx.Response:
    body = {"type": f"/problems/{code}", "title": code, "status": status, **members}
    return httpx.Response(status, content=encode_json(body), headers={"content-type": "application/problem+json"})


def user(role: str = "user") -> User:
    return User(
        user_id="u1",
        email="ada@example.org",
        role=role,  # type: ignore[arg-type] # the tests name roles in a parameter
        name="Ada",
        phone="",
        blocked=False,
        blocked_reason="",
        created_at="2026-01-01T00:00:00Z",
    )


def tokens(access_token: str = "token-1", role: str = "user") -> Tokens:
    return Tokens(access_token=access_token, refresh_token=f"refresh-{access_token}", expires_in=900, user=user(role))


def cart(owner: str = "u1") -> Cart:
    return Cart(owner=owner, lines=[], amount=ZERO, currency="USD")
