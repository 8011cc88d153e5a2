"""The gateway's own routes; everything else is passed on."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get
from litestar.datastructures import State
from litestar.response import Stream

from services_stub.contracts.envelope import Cause
from services_stub.contracts.http.gateway import Health, OrderOverview
from services_stub.contracts.schemas import Document
from services_stub.gateway.documents import asyncapi_document, index, schema_documents
from services_stub.gateway.health import health_of_all
from services_stub.gateway.overview import order_overview
from services_stub.gateway.resources import resources_of
from services_stub.gateway.stream import messages
from services_stub.runtime.context import Context
from services_stub.runtime.errors import Refused
from services_stub.runtime.http import allow, allow_anyone
from services_stub.runtime.tokens import Caller

AnyRequest = Request[Any, Any, State]

_JSON = "application/json"


@get("/", **allow_anyone())
async def where_everything_is(context: Context) -> Document:
    """Where everything is."""
    return index(resources_of(context).services)


@get("/openapi.json", **allow_anyone())
async def openapi_of_all(request: AnyRequest, context: Context) -> Response[bytes]:
    """This document: OpenAPI 3.1 of all services."""
    own: Document = request.app.openapi_schema.to_schema()
    return Response(await resources_of(context).openapi.json(own), media_type=_JSON)


@get("/asyncapi.json", **allow_anyone())
async def asyncapi_of_all() -> Response[bytes]:
    """AsyncAPI 3.0 of all topics."""
    return Response(asyncapi_document(), media_type=_JSON)


@get("/schemas/{file:str}", **allow_anyone())
async def event_schema(file: str) -> Response[bytes]:
    """The JSON Schema of an event version, for example `order-created.v1.json`."""
    document = schema_documents().get(file)
    if document is None:
        raise Refused(404, "not-found", "there is no such schema")
    return Response(document, media_type=_JSON)


@get("/health/ready", **allow_anyone())
async def ready(context: Context) -> Response[Health]:
    """Whether every service answers: 200 if all do, else 503."""
    found = await health_of_all(context.peers, resources_of(context).services)
    return Response(found, status_code=200 if found.ready else 503)


@get("/api/orders/{order_id:str}/overview", **allow("user", "seller", "admin"))
async def overview(order_id: str, request: AnyRequest, context: Context, cause: Cause) -> OrderOverview:
    """An order with its payment and the notifications about it."""
    authorization = request.headers.get("authorization", "")
    return await order_overview(context.peers, order_id, authorization=authorization, cause=cause)


@get("/api/stream", media_type="text/event-stream", **allow("user", "seller", "admin"))
async def stream(request: AnyRequest, context: Context, caller: Caller) -> Stream:
    """The events that concern the caller, as server-sent events named after their topic, until the token expires.

    A message `gap` says that events were missed here: a client reads again what it shows.
    """
    broadcaster = resources_of(context).broadcaster
    await broadcaster.listen()
    resumed = "last-event-id" in request.headers
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    return Stream(messages(broadcaster, caller, resumed=resumed), media_type="text/event-stream", headers=headers)


ROUTES = (where_everything_is, openapi_of_all, asyncapi_of_all, event_schema, ready, overview, stream)
