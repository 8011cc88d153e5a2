"""The notification service's HTTP routes: inbox, preferences, unsubscribe links, and the spool for the command."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

from litestar import MediaType, Response, get, post, put
from litestar.params import Parameter

from services_stub.contracts.envelope import Cause
from services_stub.contracts.http.notification import (
    ChangePreferences,
    Inbox,
    Mail,
    MailPage,
    Notification,
    PasswordResetMail,
    Preferences,
    ReportBounce,
)
from services_stub.contracts.http.page import DEFAULT_PAGE, LARGEST_PAGE
from services_stub.notification.domain.kinds import Kind
from services_stub.notification.domain.links import LONGEST_TOKEN
from services_stub.notification.handlers import Notifier, bounces, inbox, password_resets, preferences
from services_stub.notification.handlers.preferences import NOTIFIER
from services_stub.runtime.context import Context
from services_stub.runtime.errors import Refused
from services_stub.runtime.http import REFUSED, PathId, allow, allow_anyone, allow_internal
from services_stub.runtime.tokens import Caller

Limit = Annotated[int, Parameter(ge=1, le=LARGEST_PAGE)]
# As text, because Litestar reads a number in a path as Python does: `1_0`, and digits of any script.
MailId = Annotated[str, Parameter(pattern=r"^[1-9][0-9]{0,17}$")]
Token = Annotated[str, Parameter(max_length=LONGEST_TOKEN, description="The end of an unsubscribe link.")]

_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Marketplace</title>
<h1>{title}</h1>{body}</html>
"""
_QUESTION = """<form method="post"><input type="hidden" name="List-Unsubscribe" value="One-Click">
<button>No more mail about {kind}</button></form>"""
_DONE = "<p>You get no more mail about {kind}. Your inbox at the marketplace has everything all the same.</p>"
_PAGE_HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; form-action 'self'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
}


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
    responses={404: REFUSED},
    **allow("user", "seller", "admin"),
)
async def mark_read(context: Context, caller: Caller, cause: Cause, notification_id: PathId) -> Notification:
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


@get("/api/preferences", summary="The own preferences", **allow("user", "seller", "admin"))
async def read_preferences(context: Context, caller: Caller) -> Preferences:
    """The channels of each kind of message, the telephone number, and whether mail comes back."""
    return await context.read(preferences.read, caller.user_id)


@put("/api/preferences", summary="Replace the own preferences", **allow("user", "seller", "admin"))
async def change_preferences(context: Context, caller: Caller, cause: Cause, data: ChangePreferences) -> Preferences:
    """Doing so also confirms the e-mail address: mail goes there again after it bounced."""
    command = preferences.Change(caller.user_id, data)
    return await context.write(partial(preferences.change, _notifier(context)), command, cause)


@get("/api/unsubscribe/{token:str}", media_type=MediaType.HTML, responses={404: REFUSED}, **allow_anyone())
async def ask_to_unsubscribe(context: Context, token: Token) -> Response[bytes]:
    """A page that asks whether to unsubscribe, and changes nothing."""
    _, kind = _link(context, token)
    return _page("Unsubscribe", _QUESTION.format(kind=kind))


@post(
    "/api/unsubscribe/{token:str}",
    status_code=200,
    media_type=MediaType.HTML,
    responses={404: REFUSED},
    **allow_anyone(),
)
async def unsubscribe(context: Context, cause: Cause, token: Token) -> Response[bytes]:
    """End mail of one kind to one user, by a link of such a mail (RFC 8058). Doing so again changes nothing."""
    user_id, kind = _link(context, token)
    command = preferences.Unsubscribe(user_id, kind)
    await context.write(partial(preferences.unsubscribe, _notifier(context)), command, cause)
    return _page("Unsubscribed", _DONE.format(kind=kind))


@post("/api/admin/bounces", status_code=204, responses={404: REFUSED}, **allow("admin"))
async def report_bounce(context: Context, cause: Cause, data: ReportBounce) -> None:
    """Send no more mail to an address from which a message came back, until its user confirms it."""
    await context.write(partial(bounces.report, _notifier(context)), data, cause)


@post("/internal/password-resets", status_code=204, **allow_internal())
async def mail_password_reset(context: Context, cause: Cause, data: PasswordResetMail) -> None:
    """Mail a token that sets a password. Doing so again changes nothing."""
    await context.write(partial(password_resets.mail, _notifier(context)), data, cause)


@get("/internal/mail", **allow_internal())
async def read_spool(context: Context, cursor: str = "", limit: Limit = DEFAULT_PAGE) -> MailPage:
    """A page of the spool, newest first."""
    return await context.read(inbox.read_spool, cursor, limit)


@get("/internal/mail/{mail_id:str}", **allow_internal())
async def read_mail(context: Context, mail_id: MailId) -> Mail:
    """A spooled message, complete."""
    return await context.read(inbox.read_mail, int(mail_id))


def _notifier(context: Context) -> Notifier:
    notifier: Notifier = context.state[NOTIFIER]
    return notifier


def _link(context: Context, token: str) -> tuple[str, Kind]:
    """The user and the kind of an unsubscribe link. The refusal is the same whatever is wrong with it."""
    links = _notifier(context).links
    found = None if links is None else links.read(token)
    if found is None:
        raise Refused(404, "link-invalid", "this link is not valid: log in and change your preferences instead")
    return found


def _page(title: str, body: str) -> Response[bytes]:
    content = _PAGE.format(title=title, body=body).encode()
    return Response(content, status_code=200, media_type=MediaType.HTML, headers=_PAGE_HEADERS)


ROUTES: list[Any] = [
    read_inbox,
    mark_read,
    mark_all_read,
    read_preferences,
    change_preferences,
    ask_to_unsubscribe,
    unsubscribe,
    report_bounce,
    mail_password_reset,
    read_spool,
    read_mail,
]
