"""The HTTP routes of the seller service: a seller's notices and settings."""

from __future__ import annotations

from typing import Annotated

from litestar import get, post, put
from litestar.params import Parameter

from services_stub.contracts.envelope import Cause
from services_stub.contracts.http.page import DEFAULT_PAGE, LARGEST_PAGE
from services_stub.contracts.http.seller import SellerSettings, StockNotice, StockNotices
from services_stub.runtime.context import Context
from services_stub.runtime.http import allow
from services_stub.runtime.tokens import Caller
from services_stub.seller.handlers import notices

Cursor = Annotated[str, Parameter(max_length=2000, description="`nextCursor` of the page before.")]
Limit = Annotated[int, Parameter(ge=1, le=LARGEST_PAGE)]
NoticeId = Annotated[str, Parameter(max_length=64)]


@get("/api/notices", summary="The own notices of low and sold-out stock, newest first", **allow("seller"))
async def list_notices(
    context: Context, caller: Caller, unread: bool | None = None, cursor: Cursor = "", limit: Limit = DEFAULT_PAGE
) -> StockNotices:
    """A page of the notices; with `unread`, only the unread (true) or only the read ones (false)."""
    return await context.read(notices.read_notices, caller.user_id, unread, cursor, limit)


@post("/api/notices/{notice_id:str}/read", status_code=200, summary="Mark a notice as read", **allow("seller"))
async def mark_notice_read(context: Context, caller: Caller, cause: Cause, notice_id: NoticeId) -> StockNotice:
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


ROUTES = (list_notices, mark_notice_read, mark_all_notices_read, read_settings, change_settings)
