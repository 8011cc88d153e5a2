"""The gateway's own routes; everything else is passed on."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal

from litestar import Request, Response, get
from litestar.datastructures import State
from litestar.enums import MediaType
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import Parameter
from litestar.response import Stream

from services_stub.contracts.base import LONGEST_ID
from services_stub.contracts.envelope import Cause
from services_stub.contracts.http.cart import SESSION_PATTERN
from services_stub.contracts.http.gateway import Health, OrderOverview, OrderTimeline, Storefront
from services_stub.contracts.http.page import DEFAULT_PAGE, LARGEST_PAGE
from services_stub.contracts.money import PRICE_BOUNDS
from services_stub.contracts.schemas import Document
from services_stub.gateway import dead_letter_routes
from services_stub.gateway.catalogue import HEADERS, catalogue_page, consumers_of, docs_page, page_files
from services_stub.gateway.documents import asyncapi_document, index, schema_documents
from services_stub.gateway.gathering import Gathering
from services_stub.gateway.health import health_of_all
from services_stub.gateway.orders import order_overview, order_timeline
from services_stub.gateway.resources import resources_of
from services_stub.gateway.storefront import storefront
from services_stub.gateway.stream import messages
from services_stub.runtime.context import Context
from services_stub.runtime.errors import Refused
from services_stub.runtime.http import REFUSED, JsonResponse, PathId, allow, allow_anyone
from services_stub.runtime.tokens import Caller

AnyRequest = Request[Any, Any, State]

Words = Annotated[str, Parameter(max_length=200)]
Category = Annotated[str, Parameter(max_length=60)]
SellerId = Annotated[str, Parameter(query="sellerId", max_length=LONGEST_ID)]
_A_PRICE = {"type": "number", **PRICE_BOUNDS}
MinPrice = Annotated[Decimal | None, Parameter(query="minPrice", schema_extra=_A_PRICE)]
MaxPrice = Annotated[Decimal | None, Parameter(query="maxPrice", schema_extra=_A_PRICE)]
InStock = Annotated[bool | None, Parameter(query="inStock")]
Sort = Literal["relevance", "newest", "name", "price", "-price"]
Cursor = Annotated[str, Parameter(max_length=2000)]
Limit = Annotated[int, Parameter(ge=1, le=LARGEST_PAGE)]
LastId = Annotated[str | None, Parameter(header="Last-Event-ID", description="The id of the last message.")]
Session = Annotated[
    str | None,
    Parameter(
        header="X-Session-Id",
        description="The guest's session: 128 random bits, e.g. a UUID.",
        schema_extra={"pattern": SESSION_PATTERN},
    ),
]


@get("/", **allow_anyone())
async def where_everything_is(context: Context) -> Document:
    """Where everything is."""
    return index(resources_of(context).services)


@get("/openapi.json", **allow_anyone())
async def openapi_of_all(request: AnyRequest, context: Context) -> Response[Document]:
    """This document: OpenAPI 3.1 of all services."""
    own: Document = request.app.openapi_schema.to_schema()
    return JsonResponse(await resources_of(context).openapi.json(own))


@get("/asyncapi.json", **allow_anyone())
async def asyncapi_of_all() -> Response[Document]:
    """AsyncAPI 3.0 of all topics."""
    return JsonResponse(asyncapi_document())


@get("/schemas/{file:str}", responses={404: REFUSED}, **allow_anyone())
async def event_schema(file: str) -> Response[Document]:
    """The JSON Schema of an event version, for example `order-created.v1.json`."""
    document = schema_documents().get(file)
    if document is None:
        raise Refused(404, "not-found", "there is no such schema")
    return JsonResponse(document)


@get("/docs", media_type=MediaType.HTML, include_in_schema=False, **allow_anyone())
async def docs() -> Response[bytes]:
    """A page that shows the OpenAPI document and sends requests."""
    return Response(docs_page(), media_type=MediaType.HTML, headers=HEADERS)


@get("/docs/{file:str}", include_in_schema=False, **allow_anyone())
async def page_file(file: str) -> Response[bytes]:
    """A script or style of the pages."""
    found = page_files().get(file)
    if found is None:
        raise Refused(404, "not-found", "there is no such file")
    return Response(found[0], media_type=found[1], headers=HEADERS)


@get("/events", media_type=MediaType.HTML, include_in_schema=False, **allow_anyone())
async def event_catalogue(context: Context, cause: Cause) -> Response[bytes]:
    """A page with all events: who publishes and who reads them, their fields, an example, their schemas."""
    gathering = Gathering(context.peers, cause=cause, headers={})
    consumers, whole = await consumers_of(gathering, context.settings.peers)
    return Response(catalogue_page(consumers, whole=whole), media_type=MediaType.HTML, headers=HEADERS)


@get(
    "/health/ready",
    responses={503: ResponseSpec(Health, generate_examples=False, description="One of them does not")},
    **allow_anyone(),
)
async def ready(context: Context) -> Response[Health]:
    """Whether every service answers: 200 if all do, else 503."""
    resources = resources_of(context)
    found = await health_of_all(context.peers, resources.services, resources.answer_times)
    return Response(found, status_code=200 if found.ready else 503)


@get("/api/storefront", **allow_anyone())
async def read_storefront(
    request: AnyRequest,
    context: Context,
    visitor: Caller | None,
    cause: Cause,
    q: Words = "",
    category: Category = "",
    seller_id: SellerId = "",
    min_price: MinPrice = None,
    max_price: MaxPrice = None,
    in_stock: InStock = None,
    sort: Sort = "relevance",
    cursor: Cursor = "",
    limit: Limit = DEFAULT_PAGE,
    session: Session = None,
) -> Storefront:
    """The first page of a shop in one answer: found products with facets, categories, own cart, unread messages.

    It searches like `/search-service/api/search`. `missing` says which parts are not there, and why.
    """
    asked = {
        "q": q,
        "category": category,
        "sellerId": seller_id,
        "minPrice": "" if min_price is None else f"{min_price:f}",
        "maxPrice": "" if max_price is None else f"{max_price:f}",
        "inStock": "" if in_stock is None else str(in_stock).lower(),
        "sort": "" if sort == "relevance" else sort,
        "cursor": cursor,
        "limit": str(limit),
    }
    # With both, cart would merge the guest's cart into the user's, which a client asks for when it wants it.
    own = {} if visitor is not None or session is None else {"x-session-id": session}
    gathering = Gathering(context.peers, cause=cause, headers=_authorization(request) | own)
    query = {name: value for name, value in asked.items() if value}
    return await storefront(gathering, query, signed_in=visitor is not None, has_cart=visitor is not None or bool(own))


@get("/api/orders/{order_id:str}/overview", responses={404: REFUSED}, **allow("user", "seller", "admin"))
async def overview(order_id: PathId, request: AnyRequest, context: Context, cause: Cause) -> OrderOverview:
    """An order with its payment and the notifications about it; `missing` says which parts are not there, and why."""
    return await order_overview(Gathering(context.peers, cause=cause, headers=_authorization(request)), order_id)


@get("/api/orders/{order_id:str}/timeline", responses={404: REFUSED}, **allow("user", "seller", "admin"))
async def timeline(order_id: PathId, request: AnyRequest, context: Context, cause: Cause) -> OrderTimeline:
    """All that happened to an order, its payment and the messages about it, oldest first.

    `missing` says which parts are not there, and why.
    """
    return await order_timeline(Gathering(context.peers, cause=cause, headers=_authorization(request)), order_id)


@get("/api/stream", media_type="text/event-stream", **allow("user", "seller", "admin"))
async def stream(context: Context, caller: Caller, last_id: LastId = None) -> Stream:
    """The events that concern the caller, as server-sent events named after their topic, until the token expires.

    With the id of the last message in the header Last-Event-ID it goes on behind it, also after a restart of the
    gateway. A message `gap` says that events were missed here, because the topics do not have them any more: a client
    reads again what it shows. An id is opaque up to its dot; behind it stands the `ce_id` of the event.
    """
    broadcaster = resources_of(context).broadcaster
    await broadcaster.listen()
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    return Stream(messages(broadcaster, caller, last_id or ""), media_type="text/event-stream", headers=headers)


def _authorization(request: AnyRequest) -> dict[str, str]:
    authorization = request.headers.get("authorization")
    return {} if authorization is None else {"authorization": authorization}


ROUTES = (
    where_everything_is,
    openapi_of_all,
    asyncapi_of_all,
    event_schema,
    docs,
    page_file,
    event_catalogue,
    ready,
    read_storefront,
    overview,
    timeline,
    stream,
    *dead_letter_routes.ROUTES,
)
