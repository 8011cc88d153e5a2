"""The notification service's HTTP routes: the own inbox, and the spool for `marketplace mail`."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import get, post
from litestar.params import Parameter

from services_stub.contracts.envelope import Cause
from services_stub.contracts.http.notification import Inbox, Mail, MailPage, Notification
from services_stub.contracts.http.page import DEFAULT_PAGE, LARGEST_PAGE
from services_stub.notification.handlers import inbox
from services_stub.runtime.context import Context
from services_stub.runtime.http import allow, allow_internal
from services_stub.runtime.tokens import Caller

Limit = Annotated[int, Parameter(ge=1, le=LARGEST_PAGE)]
MailId = Annotated[int, Parameter(ge=1, le=2**63 - 1)]


@get("/api/notifications", summary="The own inbox, newest first", **allow("user", "seller", "admin"))
async def read_inbox(
    context: Context, caller: Caller, unread: bool | None = None, cursor: str = "", limit: Limit = DEFAULT_PAGE
) -> Inbox:
    """A page of the inbox; with `unread`, only the unread (true) or only the read ones (false)."""
    return await context.read(inbox.read_inbox, caller.user_id, unread, cursor, limit)


@post(
    "/api/notifications/{notification_id:str}/read",
    status_code=200,
    summary="Mark a notification as read",
    **allow("user", "seller", "admin"),
)
async def mark_read(context: Context, caller: Caller, cause: Cause, notification_id: str) -> Notification:
    """Doing so again changes nothing."""
    return await context.write(inbox.mark_read, inbox.MarkRead(caller.user_id, notification_id), cause)


@post(
    "/api/notifications/read-all",
    status_code=200,
    summary="Mark all notifications as read",
    **allow("user", "seller", "admin"),
)
async def mark_all_read(context: Context, caller: Caller, cause: Cause) -> Inbox:
    """The first page of the inbox afterwards."""
    return await context.write(inbox.mark_all_read, caller.user_id, cause)


@get("/internal/mail", **allow_internal())
async def read_spool(context: Context, cursor: str = "", limit: Limit = DEFAULT_PAGE) -> MailPage:
    """A page of the spool, newest first."""
    return await context.read(inbox.read_spool, cursor, limit)


@get("/internal/mail/{mail_id:int}", **allow_internal())
async def read_mail(context: Context, mail_id: MailId) -> Mail:
    """A spooled message, complete."""
    return await context.read(inbox.read_mail, mail_id)


ROUTES: list[Any] = [read_inbox, mark_read, mark_all_read, read_spool, read_mail]
