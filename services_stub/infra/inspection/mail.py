"""The spool of the notification service, read over its internal routes for `marketplace mail`."""

from __future__ import annotations

from urllib.parse import urlencode

import msgspec

from services_stub.client import loopback
from services_stub.contracts.http.notification import Mail, MailPage
from services_stub.infra.config.errors import CannotShow
from services_stub.infra.inspection.running import Running

_PATH = "/internal/mail"


def newest(running: Running, limit: int) -> list[Mail]:
    """The newest messages, newest first."""
    found: list[Mail] = []
    cursor = ""
    while len(found) < limit:
        query = {"limit": str(min(limit - len(found), 100))} | ({"cursor": cursor} if cursor else {})
        page = msgspec.json.decode(_ask(running, f"{_PATH}?{urlencode(query)}"), type=MailPage)
        found += page.items
        if page.next_cursor is None:
            break
        cursor = page.next_cursor
    return found


def one(running: Running, number: int) -> Mail:
    """One message, complete."""
    return msgspec.json.decode(_ask(running, f"{_PATH}/{number}"), type=Mail)


def _ask(running: Running, path: str) -> bytes:
    headers = {"X-Internal-Token": running.state.internal_token}
    try:
        status, body = loopback.request("GET", running.state.url_of("notification"), path, headers)
    except OSError as error:
        raise CannotShow(f"The notification service does not answer: {error}. See `marketplace status`.") from error
    if status >= 400:
        raise CannotShow(f"The notification service refuses: GET {path}: {status} {body.decode(errors='replace')}.")
    return body
