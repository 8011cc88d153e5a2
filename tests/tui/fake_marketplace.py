"""A marketplace for screens: answers of the contract from memory, which can be away, slow, or say no."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from services_stub.client.marketplace import MarketplaceClient
from services_stub.client.session import Session
from services_stub.contracts.base import Event
from services_stub.contracts.encoding import encode_json
from services_stub.contracts.http.auth import Role, Tokens, User
from services_stub.contracts.http.page import Page
from services_stub.contracts.problem import Problem

Answer = Callable[[httpx.Request, re.Match[str]], Any]

USER_IDS = {"user": "u-ana", "seller": "s-mara", "admin": "a-root"}
NAMES = {"user": "ana", "seller": "mara", "admin": "root"}


def user_of(role: Role) -> User:
    """The account of a role."""
    name = NAMES[role]
    return User(
        user_id=USER_IDS[role],
        email=f"{name}@example.org",
        role=role,
        name=name,
        phone="",
        blocked=False,
        blocked_reason="",
        created_at="2026-01-01T10:00:00Z",
    )


class Refused(Exception):
    """The fake's answer is this problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.title)
        self.problem = problem


class _Events(httpx.AsyncByteStream):
    """A live stream that never ends."""

    def __init__(self, queue: asyncio.Queue[bytes]) -> None:
        self._queue = queue

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b"retry: 100\n\n"
        while True:
            yield await self._queue.get()


@dataclass
class FakeMarketplace:
    """Answers by method and path. `away` refuses connections; `held` holds every answer back until it is set.

    `rewrite` has the last word on every body and problem.
    """

    answers: dict[tuple[str, str], Answer] = field(default_factory=dict)
    away: bool = False
    held: asyncio.Event | None = None
    rewrite: Callable[[Any], Any] = lambda body: body
    requests: list[tuple[str, str]] = field(default_factory=list)
    _streams: list[asyncio.Queue[bytes]] = field(default_factory=list)
    _sent: int = 0

    def on(self, method: str, pattern: str, answer: Answer | object) -> None:
        """Answer requests whose path fits `pattern` with a body, or with what a function makes of the request."""
        self.answers[method, pattern] = answer if callable(answer) else lambda _request, _match: answer

    def client(self, role: Role | None = None) -> MarketplaceClient:
        """A client of this marketplace, signed in with a role."""
        tokens = None
        if role is not None:
            tokens = Tokens(
                access_token="access", refresh_token="refresh", expires_in=900, user=self.rewrite(user_of(role))
            )
        return MarketplaceClient(
            "http://marketplace.test",
            session=Session(tokens=tokens),
            retry_pauses=(),
            transport=httpx.MockTransport(self.answer),
        )

    def publish(self, event: Event) -> None:
        """Send an event to every live stream."""
        self._sent += 1
        data = encode_json(event).decode()
        text = f"event: {type(event).topic}\nid: 0.{self._sent}\ndata: {data}\n\n"
        for queue in self._streams:
            queue.put_nowait(text.encode())

    async def answer(self, request: httpx.Request) -> httpx.Response:
        """The answer to one request.

        Raises:
            ConnectError: the marketplace is away.

        """
        if self.away:
            raise httpx.ConnectError("connection refused", request=request)
        path = request.url.path
        self.requests.append((request.method, path))
        if path == "/api/stream":
            queue: asyncio.Queue[bytes] = asyncio.Queue()
            self._streams.append(queue)
            return httpx.Response(200, stream=_Events(queue), headers={"content-type": "text/event-stream"})
        if self.held is not None:
            await self.held.wait()
        for (method, pattern), answer in reversed(self.answers.items()):
            match = re.fullmatch(pattern, path)
            if method == request.method and match is not None:
                return self._response(answer, request, match)
        return httpx.Response(
            404, json={"type": "/problems/not-found", "title": f"{request.method} {path}", "status": 404}
        )

    def _response(self, answer: Answer, request: httpx.Request, match: re.Match[str]) -> httpx.Response:
        try:
            body = answer(request, match)
        except Refused as refused:
            problem = self.rewrite(refused.problem)
            return httpx.Response(problem.status, content=encode_json(problem.document()))
        if isinstance(body, httpx.Response):
            return body
        return httpx.Response(204) if body is None else httpx.Response(200, content=encode_json(self.rewrite(body)))


def page_of(items: list[Any]) -> Page[Any]:
    """A list that fits one page."""
    return Page(items=items, next_cursor=None)
