"""Calls of other services over HTTP."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import cache
from typing import Any, TypeVar

import msgspec

from services_stub.contracts.encoding import encode_json
from services_stub.contracts.envelope import Cause
from services_stub.contracts.events import EVENT_BY_TOPIC, owner_of
from services_stub.contracts.http.auth import KeySet
from services_stub.contracts.http.replay import REPLAYS_PATH, AskForReplay
from services_stub.contracts.problem import Problem
from services_stub.http_client.client import ServiceClient, checked_url
from services_stub.http_client.errors import RequestFailed
from services_stub.http_client.http_client import Unsendable
from services_stub.runtime.errors import Refused, Unavailable
from services_stub.runtime.settings import INTERNAL_TOKEN
from services_stub.runtime.sql.transaction import NO_CAUSE

_TIMEOUT = timedelta(seconds=5)
_decoder_of: Any = cache(msgspec.json.Decoder)

T = TypeVar("T")


EVERY_PEER = ("*",)
"""The declaration of a service that may call all others."""

KEYS_OF = "auth"
"""The peer that every service asks for the keys that verify tokens, without declaring it."""


def is_declared(service: str, declared: Sequence[str]) -> bool:
    """Whether a service is among the peers that another one declares."""
    return service in declared or tuple(declared) == EVERY_PEER


class Peers:
    """The other services by name. Every call carries the token that opens internal routes, and the cause.

    Those that are not among `declared` cannot be called.
    """

    def __init__(self, urls: Mapping[str, str], internal_token: str, declared: Sequence[str]) -> None:
        checked = {name: checked_url(url) for name, url in urls.items()}
        self._urls = {name: url for name, url in checked.items() if is_declared(name, declared)}
        self._all = checked
        self._declared = declared
        self._token = internal_token
        self._client = ServiceClient(_TIMEOUT)

    async def call(
        self,
        service: str,
        method: str,
        path: str,
        *,
        expect: type[T],
        cause: Cause,
        body: msgspec.Struct | Sequence[msgspec.Struct] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> T:
        """The answer of another service, decoded; for an answer without body expect `None`'s type.

        `headers` are sent beside those of every call.

        Raises:
            Refused: the service refused, with its problem document.
            Unavailable: it does not answer, is too slow, or failed.
            LookupError: the service is no declared peer.
        """
        url = self._urls.get(service)
        if url is None:
            raise self._not_reachable(service)
        return await self._call(service, url, method, path, expect, cause, body, headers or {})

    async def keys(self) -> KeySet:
        """The keys that verify tokens.

        Raises:
            Unavailable: the service that has them does not answer.
        """
        if KEYS_OF not in self._all:
            raise Unavailable(f"{KEYS_OF}: no address is configured")
        return await self._call(KEYS_OF, self._all[KEYS_OF], "GET", "/api/auth/keys", KeySet, NO_CAUSE, None, {})

    async def ask_for_replay(self, topic: str, cluster_id: str) -> None:
        """Ask the service that publishes the events of a topic for those that it has kept, until it answers.

        `cluster_id` is the log that has lost some.
        """
        owner, ask = owner_of(EVENT_BY_TOPIC[topic]), AskForReplay(topic=topic, cluster_id=cluster_id)
        url = self._all[owner]
        with contextlib.suppress(Refused):  # it keeps none
            while True:
                try:
                    return await self._call(owner, url, "POST", REPLAYS_PATH, type(None), NO_CAUSE, ask, {})
                except Unavailable:
                    await asyncio.sleep(1.0)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    def _not_reachable(self, service: str) -> Exception:
        if is_declared(service, self._declared):
            return Unavailable(f"{service}: no address is configured")
        return LookupError(f"{service} is no peer: a service calls those that its SERVICE declares in `calls`")

    async def _call(
        self,
        service: str,
        url: str,
        method: str,
        path: str,
        expect: type[T],
        cause: Cause,
        body: msgspec.Struct | Sequence[msgspec.Struct] | None,
        headers: Mapping[str, str],
    ) -> T:
        sent = [(name.encode(), value.encode()) for name, value in {**headers, **self._headers(cause)}.items()]
        content = b"" if body is None else encode_json(body)
        try:
            answer = await self._client.send(service, url, method, path, sent, content)
        except (RequestFailed, Unsendable) as error:
            raise Unavailable(f"{service}: {error}") from error
        if answer.status >= 500:
            raise Unavailable(f"{service}: answered {answer.status}")
        if answer.status >= 400:
            raise Refused.by(Problem.parse(answer.body, status=answer.status))
        if expect is type(None):
            return expect()
        try:
            result: T = _decoder_of(expect).decode(answer.body)
        except msgspec.MsgspecError as error:
            raise Unavailable(f"{service}: unreadable answer: {error}") from error
        return result

    def _headers(self, cause: Cause) -> dict[str, str]:
        headers = {INTERNAL_TOKEN: self._token, "content-type": "application/json"}
        if cause.correlation_id:
            headers["x-correlation-id"] = cause.correlation_id
        if cause.causation_id:
            headers["x-request-id"] = cause.causation_id
        if cause.traceparent:
            headers["traceparent"] = cause.traceparent
        return headers
