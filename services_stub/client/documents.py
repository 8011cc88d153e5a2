"""The documents of the gateway: its index, the OpenAPI and AsyncAPI documents, and the schemas of the events."""

from __future__ import annotations

from typing import Any

from services_stub.client.transport import Transport, path_segment

Document = dict[str, Any]


class DocumentsArea:
    """The operations that describe the marketplace."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def index(self) -> Document:
        """Where everything is."""
        return await self._transport.request("GET", "/", Document, signed=False)

    async def openapi(self) -> Document:
        """The OpenAPI 3.1 document of all services, with the paths that the gateway offers."""
        return await self._transport.request("GET", "/openapi.json", Document, signed=False)

    async def asyncapi(self) -> Document:
        """The AsyncAPI 3.0 document of all topics."""
        return await self._transport.request("GET", "/asyncapi.json", Document, signed=False)

    async def schema(self, name: str) -> Document:
        """The JSON Schema of an event version, for example `order-created.v1`."""
        return await self._transport.request("GET", f"/schemas/{path_segment(name)}.json", Document, signed=False)
