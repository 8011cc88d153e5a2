"""Passes requests on to the services, as a bare ASGI application in front of the gateway's own routes.

It stands outside of Litestar because it is on the path of every request: mounted there it does half as many.
"""

from __future__ import annotations

import random
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Protocol

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

from services_stub.contracts.problem import FieldError, Problem, problem
from services_stub.gateway.answer_times import AnswerTimes
from services_stub.gateway.attempts import Attempt
from services_stub.gateway.blocked import ENDING
from services_stub.gateway.bodies import NotPassedOn, whole_body
from services_stub.gateway.caching import NO_STORE, caching_headers, is_catalogue
from services_stub.gateway.forwarding import (
    BadHeader,
    forwarded_headers,
    forwarded_path,
    is_own_path,
    returned_headers,
    service_of,
)
from services_stub.gateway.hops import RequestHops
from services_stub.gateway.limits import TOO_MANY_ATTEMPTS, TOO_MANY_REQUESTS, Limits, headers_of
from services_stub.gateway.openapi import OWN
from services_stub.gateway.overload import is_in_vain, places_by_service
from services_stub.gateway.refusing import METHODS, refuse
from services_stub.gateway.streams import STREAM_PATH
from services_stub.http_client.client import ServiceClient, checked_url
from services_stub.http_client.connection import Answer
from services_stub.http_client.errors import NotConnected, RequestFailed, TooSlow
from services_stub.http_client.http_client import Unsendable
from services_stub.runtime.faults import FAULTS_PATH
from services_stub.runtime.request_hops import HOP_HEADER
from services_stub.runtime.settings import GATEWAY_TOKEN

TIMEOUT = timedelta(seconds=10)

_OWN = OWN.encode()
_HOP = HOP_HEADER.encode()
_BODILESS = frozenset({"GET", "HEAD"})

_NO_SUCH_PATH = problem(404, "not-found", "there is no such path")
_OVERLOADED = problem(503, "overloaded", "too many requests at a time: nothing was done, try again in a moment")


RawHeaders = list[tuple[bytes, bytes]]


class RequestFilter(Protocol):
    """May refuse a request before anything else is looked at."""

    async def refusal(self, headers: Sequence[tuple[bytes, bytes]]) -> Problem | None:
        """The refusal of a request with these headers, if any."""

    def ask_again(self) -> None:
        """Find out anew who is refused."""


class PassThrough:
    """`services` maps names to base URLs; what names none of them goes to `own`. Create it after the fork.

    `token` tells the services that a request comes by the gateway.
    """

    def __init__(
        self,
        own: ASGIApp,
        services: Mapping[str, str],
        request_filter: RequestFilter,
        limits: Limits,
        answer_times: AnswerTimes,
        hops: RequestHops | None = None,
        *,
        token: str = "",
        trace_sampling: float = 1.0,
        timeout: timedelta = TIMEOUT,
    ) -> None:
        self._own = own
        self._services = {name.encode(): checked_url(url).rstrip("/") for name, url in services.items()}
        self._request_filter, self._limits, self._answer_times = request_filter, limits, answer_times
        self._hops, self._sampling = hops, trace_sampling
        self._token = (GATEWAY_TOKEN.encode(), token.encode())
        self._random = random.Random()
        self._places = places_by_service()
        self._client = ServiceClient(timeout)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on where its path names a service, else let the gateway's own routes answer."""
        if scope["type"] != ScopeType.HTTP:
            await self._own(scope, receive, send)
            return
        # A list, says ASGI.
        headers: Sequence[tuple[bytes, bytes]] = scope["headers"]  # type: ignore[assignment]
        allowance = self._limits.admit(headers, _address(scope))
        left = [] if allowance is None else headers_of(allowance)
        send = _adding(left, send)
        refused = allowance is not None and not allowance.admitted
        refusal = TOO_MANY_REQUESTS if refused else await self._request_filter.refusal(headers)
        if refusal is not None:
            await refuse(refusal, send)
            return
        name = service_of(scope["raw_path"])
        base = self._services.get(name) if name is not None else None
        if name is not None and base is not None:
            await self._pass_on(name, base, scope, receive, send, left)
        elif scope["raw_path"] != FAULTS_PATH.encode() and not is_own_path(scope["raw_path"], scope["path"]):
            # The faults are of the supervisor, by its token.
            await refuse(_NO_SUCH_PATH, send)
        elif not scope["path"].startswith("/api/") or scope["path"] == STREAM_PATH:
            await self._own(scope, receive, _uncached_by_default(send))
        else:
            await self._answer_composed(scope, receive, _uncached_by_default(send))

    async def _answer_composed(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        """Let the gateway's own routes answer, which ask several services."""
        if not await self._places[_OWN].enter():
            await refuse(_OVERLOADED, send)
            return
        try:
            await self._own(scope, receive, send)
        finally:
            self._places[_OWN].leave()

    @asynccontextmanager
    async def _place(self, service: bytes, path: str) -> AsyncIterator[None]:
        """A place among the requests in flight at a service.

        Raises:
            NotPassedOn: too many wait for one already, or for what this request leads to.
        """
        places = self._places[service]
        if is_in_vain(self._places, service, path) or not await places.enter():
            raise NotPassedOn(_OVERLOADED)
        try:
            yield
        finally:
            places.leave()

    async def _pass_on(
        self, name: bytes, base: str, scope: HTTPScope, receive: Receive, send: Send, left: RawHeaders
    ) -> None:
        """Pass a request on to the service `name` at `base`; `left` are headers with what the client has left."""
        method: str = scope["method"]
        path = forwarded_path(scope["raw_path"])
        if path is None or method not in METHODS:
            not_allowed = problem(405, "method-not-allowed", f"{method} is not passed on")
            await refuse(_NO_SUCH_PATH if path is None else not_allowed, send)
            return
        attempt: Attempt | None = None
        service, status, begun = name.decode(), 0, time.monotonic()
        try:
            query = scope["query_string"]
            target = f"{path}?{query.decode()}" if query else path
            sampled = self._random.random() < self._sampling
            forwarded = forwarded_headers(scope["headers"], sampled=sampled)  # type: ignore[arg-type] # a list, says ASGI
            body = b"" if method in _BODILESS else await whole_body(scope, receive)
            if body is None:
                return
            attempt = self._attempt(name, path, body, scope)
            if attempt is not None and not attempt.allowance.admitted:
                left[:] = headers_of(attempt.allowance)
                raise NotPassedOn(TOO_MANY_ATTEMPTS)
            begun = time.monotonic()
            # Not before the body is there: who sends it slowly must not take a place from others.
            async with self._place(name, path):
                answer = await self._client.send(service, base, method, target, [*forwarded, self._token], body)
            status = answer.status
            self._note(method, service, path, answer, time.monotonic() - begun)
        except (BadHeader, Unsendable, UnicodeDecodeError) as error:
            await refuse(_unreadable(error), send)
        except NotPassedOn as error:
            await refuse(error.refusal, send)
        except RequestFailed as error:
            if isinstance(error, TooSlow):
                self._answer_times.note(service, time.monotonic() - begun)
            await refuse(_away(error), send)
        else:
            await _answer(name, path, scope, answer, send)
        finally:
            if attempt is not None and attempt.allowance.admitted:
                self._limits.attempts.end(attempt, status)

    def _attempt(self, service: bytes, path: str, body: bytes, scope: HTTPScope) -> Attempt | None:
        if scope["method"] != "POST" or service != b"auth":
            return None
        headers: Sequence[tuple[bytes, bytes]] = scope["headers"]  # type: ignore[assignment] # a list, says ASGI
        return self._limits.begin_attempt(service, path, body, headers, _address(scope))

    def _note(self, method: str, service: str, path: str, answer: Answer, seconds: float) -> None:
        """Keep how long the answer took, report a request of a flow, and act on one that ended sessions."""
        self._answer_times.note(service, seconds)
        if service == "auth" and path in ENDING and answer.status < 300:
            self._request_filter.ask_again()
        if self._hops is not None and (named := answer.header(_HOP)):
            self._hops.note(named.decode("latin-1"), method, service, answer.status, seconds)


def _address(scope: HTTPScope) -> str:
    client = scope["client"]
    return client[0] if client else ""


def _adding(headers: RawHeaders, send: Send) -> Send:
    """`send`, with further headers."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message["headers"], *headers]
        await send(message)

    return sending


def _uncached_by_default(send: Send) -> Send:
    """`send`, for answers that no cache may keep unless they say that it may."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = list(message["headers"])
            if not any(name.lower() == b"cache-control" for name, _ in headers):
                headers.append(NO_STORE)
            message["headers"] = headers
        await send(message)

    return sending


async def _answer(name: bytes, path: str, scope: HTTPScope, answer: Answer, send: Send) -> None:
    status, content = answer.status, answer.body
    headers = returned_headers(answer.headers, len(content))
    if status == 200 and is_catalogue(name, scope["method"], path):
        caching, known = caching_headers(scope["headers"], content)  # type: ignore[arg-type] # a list, says ASGI
        if known:
            status, headers, content = 304, [], b""
        headers += caching
    elif answer.header(b"cache-control") is None:
        headers.append(NO_STORE)
    start: Message = {"type": "http.response.start", "status": status, "headers": headers}
    await send(start)
    await send({"type": "http.response.body", "body": content, "more_body": False})


def _unreadable(error: Exception) -> Problem:
    if isinstance(error, BadHeader):
        errors = [FieldError(field=error.name, message=error.reason)]
        return problem(400, "invalid-input", f"`{error.name}`: {error.reason}", errors=errors)
    return problem(400, "invalid-input", "the query is not UTF-8, or a header is not plain text")


def _away(error: RequestFailed) -> Problem:
    """The refusal for a failure at the service: nothing was sent, no answer in time, or the answer was lost."""
    if isinstance(error, NotConnected):
        return problem(503, "service-away", "the service is away for the moment: nothing was done, try again")
    if isinstance(error, TooSlow):
        return problem(504, "service-too-slow", "the service did not answer in time: it may have done it all the same")
    return problem(502, "answer-lost", "the service went away before it answered: it may have done it all the same")
