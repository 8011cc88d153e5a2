"""The outermost application of a service: refuses what comes past the gateway, and answers where a bug is inside."""

from __future__ import annotations

import hmac

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

from services_stub.runtime.errors import Refused
from services_stub.runtime.problems import raw_answer
from services_stub.runtime.settings import GATEWAY_TOKEN, INTERNAL_TOKEN, gateway_token

_OPEN = ("/health/", "/internal/")
"""Whether a service is well anyone may ask; internal routes check the token of services themselves."""


class Outermost:
    """The application around `app`; with a token of services, only these and the gateway may call it."""

    def __init__(self, app: ASGIApp, internal_token: str) -> None:
        self._app = app
        self._tokens = {
            INTERNAL_TOKEN.encode(): internal_token.encode(),
            GATEWAY_TOKEN.encode(): gateway_token(internal_token).encode(),
        }
        self._guards = bool(internal_token)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request. What was begun cannot be answered otherwise: then the connection is closed."""
        try:
            if self._guards and scope["type"] == ScopeType.HTTP:
                self._admit(scope)
            await self._app(scope, receive, send)
        except Exception as error:  # noqa: BLE001 - the edge of a request: its bug is told to its caller
            status, content, headers = raw_answer(error)
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": content, "more_body": False})

    def _admit(self, scope: Scope) -> None:
        for name, value in scope["headers"]:
            if name in self._tokens and hmac.compare_digest(value, self._tokens[name]):
                return
        if not scope["path"].startswith(_OPEN):
            raise Refused(403, "not-by-the-gateway", "this port is for the gateway: send the request there")
