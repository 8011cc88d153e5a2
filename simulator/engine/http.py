"""HTTP of the load generator, and the outcome of a request.

A request that may have arrived is never sent again, redirects are not followed, and there are no cookies, which users
would share.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol, Self

from services_stub.http_client.errors import NotConnected, RequestFailed
from services_stub.http_client.http_client import HttpClient
from simulator.measure.outcomes import Outcome

_CONNECT = timedelta(seconds=5)
_IDLE = timedelta(seconds=3)
"""Shorter than the gateway keeps an idle connection, so that a request seldom meets one that is just being closed."""

_SAFE = frozenset({"GET", "HEAD"})


@dataclass(frozen=True, slots=True)
class Request:
    """`path` begins with a slash, and contains the query."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Answer:
    """`status` is 0 and `body` says why where there was no answer."""

    outcome: Outcome
    status: int
    body: bytes


class HttpSender(Protocol):
    """Sends requests."""

    async def send(self, request: Request) -> Answer:
        """Send a request once; whatever happens is an answer."""


class ClientSender:
    """Sends to the target at `base_url`; an answer that takes longer than `timeout` is none. For one event loop."""

    def __init__(self, base_url: str, *, timeout: timedelta) -> None:
        self._base_url = base_url
        self._client = HttpClient(timeout, connect=min(timeout, _CONNECT), idle=_IDLE)

    async def send(self, request: Request) -> Answer:
        """Send a request once; whatever happens is an answer."""
        headers = [(name.encode(), value.encode()) for name, value in request.headers.items()]
        try:
            answer = await self._client.send(self._base_url, request.method, request.path, headers, request.body)
        except RequestFailed as error:
            return Answer(outcome_of_error(request.method, error), 0, str(error).encode())
        return Answer(outcome_of_status(request.method, answer.status), answer.status, answer.body)

    async def close(self) -> None:
        """Close all connections."""
        await self._client.close()

    async def __aenter__(self) -> Self:
        """The sender itself."""
        return self

    async def __aexit__(self, *_error: object) -> None:
        """Close all connections."""
        await self.close()


def outcome_of_status(method: str, status: int) -> Outcome:
    """The outcome of a request that was answered with a status."""
    if status < 400:
        return Outcome.OK
    return Outcome.REFUSED if status < 500 else _lost(method)


def outcome_of_error(method: str, error: RequestFailed) -> Outcome:
    """The outcome of a request that was not answered."""
    return Outcome.FAILED if isinstance(error, NotConnected) else _lost(method)


def _lost(method: str) -> Outcome:
    return Outcome.FAILED if method in _SAFE else Outcome.UNKNOWN
