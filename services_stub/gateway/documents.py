"""The documents that the gateway serves: its index, OpenAPI as the services describe themselves, AsyncAPI, schemas."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Iterable, Mapping

from services_stub.contracts.asyncapi import asyncapi
from services_stub.contracts.encoding import encode_json
from services_stub.contracts.schemas import Document, event_schemas
from services_stub.gateway.openapi import OWN, TITLE, VERSION, merge
from services_stub.runtime.errors import Refused, Unavailable
from services_stub.runtime.peers import Peers
from services_stub.runtime.sql.transaction import NO_CAUSE


def index(services: Iterable[str]) -> Document:
    """Where everything is."""
    return {
        "name": TITLE,
        "version": VERSION,
        "documents": {"openapi": "/openapi.json", "asyncapi": "/asyncapi.json"},
        "pages": {"api": "/docs", "events": "/events"},
        "schemas": {name: f"/schemas/{name}.json" for name in event_schemas()},
        "health": {"live": "/health/live", "ready": "/health/ready"},
        "stream": "/api/stream",
        "services": {name: f"/{name}-service/api" for name in sorted(services)},
    }


@functools.cache
def asyncapi_document() -> bytes:
    """The AsyncAPI document, as JSON."""
    return encode_json(asyncapi())


@functools.cache
def schema_documents() -> Mapping[str, bytes]:
    """Every event's JSON Schema by its file name, as JSON."""
    return {f"{name}.json": encode_json(schema) for name, schema in event_schemas().items()}


class OpenApiDocument:
    """The merged OpenAPI document. Kept once every service has described itself; until then made anew."""

    def __init__(self, peers: Peers, services: Iterable[str]) -> None:
        self._peers = peers
        self._services = sorted(services)
        self._complete: bytes | None = None

    async def json(self, own: Document) -> bytes:
        """The document as JSON, with the gateway's `own` and without the services that are away."""
        if self._complete is not None:
            return self._complete
        answers = await asyncio.gather(*(self._describe(service) for service in self._services))
        found = {name: answer for name, answer in zip(self._services, answers, strict=True) if answer is not None}
        merged = encode_json(merge({**found, OWN: own}))
        if len(found) == len(self._services):
            self._complete = merged
        return merged

    async def _describe(self, service: str) -> Document | None:
        try:
            return await self._peers.call(service, "GET", "/internal/openapi.json", expect=Document, cause=NO_CAUSE)
        except (Refused, Unavailable):
            return None
