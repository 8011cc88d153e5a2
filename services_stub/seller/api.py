"""The HTTP routes of the seller service: a seller's sales, notices and settings."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from litestar import get, post, put
from litestar.params import Parameter

from services_stub.contracts.base import LONGEST_ID
from services_stub.contracts.envelope import Cause
from services_stub.contracts.http.page import DEFAULT_PAGE, LARGEST_PAGE
from services_stub.contracts.http.seller import Dashboard, SalesPage, SellerSettings, StockNotice, StockNotices
from services_stub.contracts.problem import FieldError
from services_stub.contracts.times import to_microseconds
from services_stub.runtime.context import Context
from services_stub.runtime.errors import Refused
from services_stub.runtime.http import REFUSED, PathId, allow
from services_stub.runtime.tokens import Caller
from services_stub.seller.domain import HOUR
from services_stub.seller.handlers import notices
from services_stub.seller.store import dashboard
from services_stub.seller.store.dashboard import Interval, SalesQuery

Cursor = Annotated[str, Parameter(max_length=2000, description="`nextCursor` of the page before.")]
Limit = Annotated[int, Parameter(ge=1, le=LARGEST_PAGE)]
SellerId = Annotated[
    str,
    Parameter(query="sellerId", max_length=LONGEST_ID, description="For admins, who must say whose sales they mean."),
]
PlacedFrom = Annotated[
    datetime | None,
    Parameter(query="placedFrom", description="Only orders placed from this hour on (RFC 3339, with offset)."),
]
PlacedTo = Annotated[
    datetime | None,
    Parameter(query="placedTo", description="Only orders placed before this hour (RFC 3339, with offset)."),
]
Position = Annotated[
    int | None,
    Parameter(
        ge=0,
        le=2**63 - 1,
        schema_extra={"minimum": 0},
        description="`position` of an earlier answer: the sales as they were then.",
    ),
]


@get(
    "/api/dashboard",
    summary="A seller's sales in numbers, and the list behind them",
    responses={404: REFUSED},
    **allow("seller", "admin"),
)
async def read_dashboard(
    context: Context,
    caller: Caller,
    seller_id: SellerId = "",
    placed_from: PlacedFrom = None,
    placed_to: PlacedTo = None,
    interval: Interval = "day",
    limit: Limit = DEFAULT_PAGE,
) -> Dashboard:
    """Numbers, series, top products and the first page of sales, all from one snapshot; `limit` is of the sales."""
    query = SalesQuery(
        seller_id=_seller_of(caller, seller_id),
        start=_hour("placedFrom", placed_from),
        end=_hour("placedTo", placed_to),
        limit=limit,
    )
    staleness = max((topic.staleness_seconds for topic in context.progress()), default=None)
    return await context.read(dashboard.read_dashboard, query, interval, staleness)


@get(
    "/api/sales",
    summary="A seller's sales, those of the newest orders first",
    responses={404: REFUSED},
    **allow("seller", "admin"),
)
async def list_sales(
    context: Context,
    caller: Caller,
    seller_id: SellerId = "",
    placed_from: PlacedFrom = None,
    placed_to: PlacedTo = None,
    position: Position = None,
    cursor: Cursor = "",
    limit: Limit = DEFAULT_PAGE,
) -> SalesPage:
    """A page of sales; with the `position` and the period of a dashboard, one of those that add up to it."""
    query = SalesQuery(
        seller_id=_seller_of(caller, seller_id),
        start=_hour("placedFrom", placed_from),
        end=_hour("placedTo", placed_to),
        position=position,
        cursor=cursor,
        limit=limit,
    )
    return await context.read(dashboard.read_sales, query)


@get("/api/notices", summary="The own notices of low and sold-out stock, newest first", **allow("seller"))
async def list_notices(
    context: Context, caller: Caller, unread: bool | None = None, cursor: Cursor = "", limit: Limit = DEFAULT_PAGE
) -> StockNotices:
    """A page of the notices; with `unread`, only the unread (true) or only the read ones (false)."""
    return await context.read(notices.read_notices, caller.user_id, unread, cursor, limit)


@post(
    "/api/notices/{notice_id:str}/read",
    status_code=200,
    summary="Mark a notice as read",
    responses={404: REFUSED},
    **allow("seller"),
)
async def mark_notice_read(context: Context, caller: Caller, cause: Cause, notice_id: PathId) -> StockNotice:
    """Doing so again changes nothing."""
    return await context.write(notices.mark_read, notices.MarkRead(caller.user_id, notice_id), cause)


@post("/api/notices/read-all", status_code=200, summary="Mark all notices as read", **allow("seller"))
async def mark_all_notices_read(context: Context, caller: Caller, cause: Cause) -> StockNotices:
    """The first page of the notices afterwards."""
    return await context.write(notices.mark_all_read, caller.user_id, cause)


@get("/api/settings", summary="The own settings", **allow("seller"))
async def read_settings(context: Context, caller: Caller) -> SellerSettings:
    """The settings; where none were made, the defaults."""
    return await context.read(notices.read_settings, caller.user_id)


@put("/api/settings", summary="Replace the own settings", **allow("seller"))
async def change_settings(context: Context, caller: Caller, cause: Cause, data: SellerSettings) -> SellerSettings:
    """The settings afterwards."""
    return await context.write(notices.change_settings, notices.ChangeSettings(caller.user_id, data), cause)


def _seller_of(caller: Caller, wanted: str) -> str:
    """The seller whose sales a caller may see and means."""
    if caller.role == "admin":
        if not wanted:
            raise _invalid("sellerId", "`sellerId` is required of an admin")
        return wanted
    if wanted not in {"", caller.user_id}:
        raise Refused(404, "seller-not-found", "there is no such seller, or their sales are not yours to see")
    return caller.user_id


def _hour(field: str, moment: datetime | None) -> int | None:
    """The hours of Unix time up to `moment`."""
    if moment is None:
        return None
    if moment.tzinfo is None:
        raise _invalid(field, f"`{field}` must have an offset, such as 2026-01-31T12:00:00Z")
    hour, rest = divmod(to_microseconds(moment), HOUR)
    if rest:
        raise _invalid(field, f"`{field}` must be a whole hour of UTC, such as 2026-01-31T12:00:00Z")
    return hour


def _invalid(field: str, message: str) -> Refused:
    return Refused(400, "invalid-input", message, errors=[FieldError(field=field, message=message)])


ROUTES = (
    read_dashboard,
    list_sales,
    list_notices,
    mark_notice_read,
    mark_all_notices_read,
    read_settings,
    change_settings,
)
