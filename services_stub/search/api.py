"""The HTTP routes of the search service."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from litestar import get, post
from litestar.params import Parameter

from services_stub.contracts.base import LONGEST_ID
from services_stub.contracts.http.page import DEFAULT_PAGE, LARGEST_PAGE
from services_stub.contracts.http.search import Rebuild, SearchPage
from services_stub.contracts.money import PRICE_BOUNDS, checked_price, to_cents
from services_stub.contracts.problem import FieldError
from services_stub.runtime.context import Context
from services_stub.runtime.errors import Refused
from services_stub.runtime.http import allow_anyone, allow_internal
from services_stub.search.handlers import Rebuilder
from services_stub.search.store.searching import SearchQuery, Sort
from services_stub.search.store.searching import search as search_index

Query = Annotated[
    str,
    Parameter(
        query="q",
        max_length=200,
        description="Words that all must occur, as beginnings of words; from four characters on with one typo.",
    ),
]
Category = Annotated[str, Parameter(max_length=60)]
SellerId = Annotated[str, Parameter(query="sellerId", max_length=LONGEST_ID)]
_A_PRICE = {"type": "number", **PRICE_BOUNDS}
MinPrice = Annotated[Decimal | None, Parameter(query="minPrice", schema_extra=_A_PRICE)]
MaxPrice = Annotated[Decimal | None, Parameter(query="maxPrice", schema_extra=_A_PRICE)]
InStock = Annotated[bool | None, Parameter(query="inStock", description="Only what is in stock, or only what is not.")]
Cursor = Annotated[str, Parameter(max_length=2000, description="`nextCursor` of the page before.")]
KEPT, REBUILDER = "kept", "rebuilder"
"""Where the context has what is kept of the index, and what rebuilds it."""

Limit = Annotated[int, Parameter(ge=1, le=LARGEST_PAGE)]


@get("/api/search", **allow_anyone())
async def search(
    context: Context,
    q: Query = "",
    category: Category = "",
    seller_id: SellerId = "",
    min_price: MinPrice = None,
    max_price: MaxPrice = None,
    in_stock: InStock = None,
    sort: Sort = "relevance",
    cursor: Cursor = "",
    limit: Limit = DEFAULT_PAGE,
) -> SearchPage:
    """The products that can be bought and contain all words of `q`, with facets over all pages."""
    query = SearchQuery(
        query=q,
        category=category,
        seller_id=seller_id,
        min_cents=_cents("minPrice", min_price),
        max_cents=_cents("maxPrice", max_price),
        in_stock=in_stock,
        sort=sort,
        cursor=cursor,
        limit=limit,
    )
    return await context.read_long(search_index, query, context.state[KEPT])


def _cents(field: str, value: Decimal | None) -> int | None:
    if value is None:
        return None
    try:
        checked_price(field, value)
    except (ValueError, ArithmeticError) as error:
        message = f"`{field}` must be an amount such as 12.50"
        raise Refused(400, "invalid-input", message, errors=[FieldError(field=field, message=message)]) from error
    return to_cents(value)


@post("/internal/rebuilds", status_code=202, **allow_internal())
async def begin_rebuild(context: Context) -> Rebuild:
    """Begin to build the index anew from the log; one at a time."""
    return _rebuilder(context).begin()


@get("/internal/rebuilds/latest", **allow_internal())
async def latest_rebuild(context: Context) -> Rebuild:
    """How far the latest rebuild is, of those that were begun since the service started."""
    latest = _rebuilder(context).latest
    if latest is None:
        raise Refused(404, "no-rebuild", "no rebuild was begun since search started")
    return latest


def _rebuilder(context: Context) -> Rebuilder:
    rebuilder: Rebuilder = context.state[REBUILDER]
    return rebuilder


ROUTES = (search, begin_rebuild, latest_rebuild)
