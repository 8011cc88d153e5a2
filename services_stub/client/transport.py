"""Requests and answers: encoding, decoding, and the one place where foreign errors are mapped."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import TypeVar

import httpx
import msgspec

from services_stub.client.errors import (
    ContractBroken,
    MarketplaceError,
    OutcomeUnknown,
    TryLater,
    Unreachable,
    checked_input,
    error_of_answer,
    error_of_transport,
)
from services_stub.client.paths import quoted_segment
from services_stub.client.session import JSON_HEADERS, Session, TokenAuthentication
from services_stub.contracts.base import Request
from services_stub.contracts.encoding import encode_json

Answer = TypeVar("Answer")
QueryValue = str | int | bool | Decimal | None
Query = Mapping[str, QueryValue]

_KEEP_ALIVE = 3.0
"""Shorter than the gateway's own, so that a request seldom meets a connection that is just being closed."""


class Transport:
    """Sends requests to one marketplace on behalf of one session."""

    def __init__(
        self,
        base_url: str,
        session: Session,
        *,
        timeout: float,
        retry_pauses: Sequence[float],
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.session = session
        self.base_url = httpx.URL(base_url)
        self._retry_pauses = retry_pauses
        self._authentication = TokenAuthentication(session, self.base_url)
        self._http = httpx.AsyncClient(
            base_url=base_url,
            timeout=httpx.Timeout(timeout, connect=min(timeout, 5.0)),
            limits=httpx.Limits(max_connections=100, max_keepalive_connections=20, keepalive_expiry=_KEEP_ALIVE),
            transport=transport,
            verify=self.base_url.scheme == "https",  # without TLS, reading the authorities would only take time
            trust_env=False,  # a proxy of the environment would be asked for the loopback address, too
        )

    async def request(
        self,
        method: str,
        path: str,
        expect: type[Answer],
        *,
        body: Request | None = None,
        query: Query | None = None,
        headers: Mapping[str, str] | None = None,
        signed: bool = True,
        also: tuple[int, ...] = (),
    ) -> Answer:
        """Send a request and decode its answer.

        `signed` sends the access token, where there is one; `also` are statuses whose answer is no error here.

        Raises:
            MarketplaceError: one of its kinds, see `services_stub.client.errors`.

        """
        response = await self._send(method, path, body=body, query=query, headers=headers, signed=signed)
        if response.is_error and response.status_code not in also:
            raise _error_of(response, response.content)
        try:
            return msgspec.json.decode(response.content, type=expect)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise ContractBroken(f"{method} {path}: {error}") from error

    async def request_empty(self, method: str, path: str, *, body: Request | None = None, signed: bool = True) -> None:
        """Send a request whose answer has no body.

        Raises:
            MarketplaceError: one of its kinds, see `services_stub.client.errors`.

        """
        response = await self._send(method, path, body=body, query=None, headers=None, signed=signed)
        if response.is_error:
            raise _error_of(response, response.content)

    async def retry_idempotent(self, call: Callable[[], Awaitable[Answer]]) -> Answer:
        """Make an idempotent call again, after growing pauses, as long as it is unknown whether it was carried out."""
        for pause in self._retry_pauses:
            try:
                return await call()
            except TryLater as error:
                await asyncio.sleep(min(max(pause, error.retry_after), max(self._retry_pauses)))
            except (Unreachable, OutcomeUnknown):
                await asyncio.sleep(pause * random.uniform(0.75, 1.25))
        return await call()

    @asynccontextmanager
    async def stream(
        self, path: str, *, headers: Mapping[str, str], silence: float
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        """Open an answer that does not end, as chunks; more than `silence` seconds without one is an error.

        Raises:
            MarketplaceError: one of its kinds, also while the chunks are read.

        """
        timeout = httpx.Timeout(silence, connect=5.0)
        try:
            async with self._http.stream(
                "GET", path, headers=dict(headers), auth=self._authentication, timeout=timeout
            ) as response:
                if response.is_error:
                    raise _error_of(response, await response.aread())
                yield response.aiter_bytes()
        except httpx.HTTPError as error:
            raise error_of_transport(error, str(self.base_url)) from error

    async def close(self) -> None:
        """Close all connections."""
        await self._http.aclose()

    async def _send(
        self,
        method: str,
        path: str,
        *,
        body: Request | None,
        query: Query | None,
        headers: Mapping[str, str] | None,
        signed: bool,
    ) -> httpx.Response:
        all_headers = {**({} if body is None else JSON_HEADERS), **(headers or {})}

        async def once() -> httpx.Response:
            try:
                with checked_input():  # a half of a surrogate pair, as a terminal makes it of a stray byte
                    content = None if body is None else encode_json(body)
                    parameters = _parameters(query or {})
                    request = self._http.build_request(
                        method, path, content=content, params=parameters, headers=all_headers
                    )
                return await self._http.send(request, auth=self._authentication if signed else None)
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                raise error_of_transport(error, str(self.base_url)) from error

        try:
            return await once()
        except OutcomeUnknown as error:
            if method != "GET" or isinstance(error.__cause__, httpx.TimeoutException):
                raise
            # A read that met a connection as it was being closed: harmless to send again, on a new one.
            return await once()


def path_segment(value: str) -> str:
    """`value` as one segment of a path, whatever it contains. InvalidInput where no segment can be it."""
    with checked_input():
        return quoted_segment(value)


def _parameters(query: Query) -> dict[str, str]:
    return {
        name: str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in query.items()
        if value is not None and value != ""
    }


def _error_of(response: httpx.Response, body: bytes) -> MarketplaceError:
    return error_of_answer(response.status_code, body, response.headers.get("retry-after", ""))
