"""Bounds the live streams of one user, in front of the gateway's own routes: each is a connection that stays open."""

from __future__ import annotations

from collections import Counter

from litestar.types import ASGIApp, Receive, Scope, Send

from services_stub.contracts.problem import problem
from services_stub.gateway.refusing import refuse
from services_stub.runtime.errors import Refused, Unavailable
from services_stub.runtime.tokens import Verifier

STREAM_PATH = "/api/stream"
MOST_STREAMS = 20

_TOO_MANY = problem(429, "too-many-streams", f"a user has at most {MOST_STREAMS} live streams: close one first")


class BoundedStreams:
    """Passes everything on to `own`, but no more than `MOST_STREAMS` live streams of a user at a time."""

    def __init__(self, own: ASGIApp, verifier: Verifier) -> None:
        self._own, self._verifier = own, verifier
        self._open: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        user_id = await self._user_of(scope) if scope.get("path", "").rstrip("/") == STREAM_PATH else ""
        if not user_id:
            await self._own(scope, receive, send)
        elif self._open[user_id] >= MOST_STREAMS:
            await refuse(_TOO_MANY, send)
        else:
            self._open[user_id] += 1
            try:
                await self._own(scope, receive, send)
            finally:
                self._open[user_id] -= 1
                if not self._open[user_id]:
                    del self._open[user_id]

    async def _user_of(self, scope: Scope) -> str:
        """The user of a genuine token; empty without one, which the route refuses."""
        authorization = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
        try:
            return (await self._verifier.caller(authorization.decode("latin-1"))).user_id
        except (Refused, Unavailable):
            return ""
