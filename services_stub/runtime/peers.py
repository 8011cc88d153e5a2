"""Calls of other services over HTTP. Create the client after the fork: it has a runtime of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, TypeVar

import msgspec
from pyreqwest.exceptions import PyreqwestError

from services_stub.contracts.encoding import encode_json
from services_stub.contracts.envelope import Cause
from services_stub.contracts.problem import Problem
from services_stub.runtime.errors import Refused, Unavailable
from services_stub.runtime.http_client import build_http_client

INTERNAL_TOKEN = "x-internal-token"

_TIMEOUT = timedelta(seconds=5)

T = TypeVar("T")


class Peers:
    """The other services by name. Every call carries the token that opens internal routes, and the cause."""

    def __init__(self, urls: Mapping[str, str], internal_token: str) -> None:
        self._urls = dict(urls)
        self._token = internal_token
        self._decoders: dict[Any, msgspec.json.Decoder[Any]] = {}
        self._client = build_http_client(_TIMEOUT)

    async def call(
        self,
        service: str,
        method: str,
        path: str,
        *,
        expect: type[T],
        cause: Cause,
        body: msgspec.Struct | Sequence[msgspec.Struct] | None = None,
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
