"""Asking other services over HTTP. Create it after the fork: its client has a runtime of its own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, TypeVar

import msgspec
from pyreqwest.client import ClientBuilder
from pyreqwest.exceptions import PyreqwestError

from services_stub.contracts.encoding import encode_json
from services_stub.contracts.envelope import Cause
from services_stub.contracts.problem import Problem
from services_stub.runtime.errors import Refused, Unavailable

INTERNAL_TOKEN = "x-internal-token"

_CONNECT = timedelta(seconds=1)
_TOTAL = timedelta(seconds=5)
_IDLE = timedelta(seconds=4)
"""Shorter than a service keeps an idle connection, so that no request meets one that is just being closed."""

T = TypeVar("T")


class Peers:
    """The other services by name. Every call carries the token that opens internal routes, and the cause."""

    def __init__(self, urls: Mapping[str, str], internal_token: str) -> None:
        self._urls = dict(urls)
        self._token = internal_token
        self._decoders: dict[Any, msgspec.json.Decoder[Any]] = {}
        self._client = (
            ClientBuilder()
            .connect_timeout(_CONNECT)
            .timeout(_TOTAL)
            .pool_idle_timeout(_IDLE)
            .follow_redirects(False)
            .no_proxy()
            .gzip(False)
            .brotli(False)
            .zstd(False)
            .deflate(False)
            .build()
        )

    async def call(
        self,
        service: str,
        method: str,
        path: str,
        *,
        expect: type[T],
        cause: Cause,
        body: msgspec.Struct | None = None,
        authorization: str = "",
    ) -> T:
        """The answer of another service, decoded; for an answer without body expect `None`'s type.

        Raises:
            Refused: the service refused, with its problem document.
            Unavailable: it does not answer, is too slow, or failed.
        """
        if service not in self._urls:
            raise Unavailable(f"{service}: no address is configured")
        request = self._client.request(method, self._urls[service] + path).headers(self._headers(cause, authorization))
        if body is not None:
            request = request.body_bytes(encode_json(body))
        try:
            response = await request.build().send()
            content = bytes(await response.bytes())
        except PyreqwestError as error:
            raise Unavailable(f"{service}: {error}") from error
        if response.status >= 500:
            raise Unavailable(f"{service}: answered {response.status}")
        if response.status >= 400:
            raise Refused.by(Problem.parse(content, status=response.status))
        if expect is type(None):
            return expect()
        decoder = self._decoders.get(expect)
        if decoder is None:
            decoder = self._decoders[expect] = msgspec.json.Decoder(expect)
        try:
            result: T = decoder.decode(content)
        except msgspec.MsgspecError as error:
            raise Unavailable(f"{service}: unreadable answer: {error}") from error
        return result

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    def _headers(self, cause: Cause, authorization: str) -> dict[str, str]:
        headers = {INTERNAL_TOKEN: self._token, "content-type": "application/json"}
        if cause.correlation_id:
            headers["x-correlation-id"] = cause.correlation_id
        if cause.causation_id:
            headers["x-request-id"] = cause.causation_id
        if cause.traceparent:
            headers["traceparent"] = cause.traceparent
        if authorization:
            headers["authorization"] = authorization
        return headers
