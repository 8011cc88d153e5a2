"""Sends requests to services, and waits for one that is just being started again.

A service that is killed or that ends itself listens again within a second. Until then no connection can be made, so
that nothing was sent and nothing done: such a request is sent again. One that may have arrived never is.
"""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta
from math import inf

from services_stub.http_client.connection import Answer
from services_stub.http_client.errors import NotConnected
from services_stub.http_client.http_client import Headers, HttpClient

RESTART_SECONDS = 1.0
"""So long a service that is away is waited for. Who asks it after that is told at once."""

_ANEW_SECONDS = 10.0
"""So long after it was found to be away, a service is waited for again: meanwhile it may have been there, unasked."""

_PAUSE, _LONGEST_PAUSE = 0.05, 0.2
_CONNECT = timedelta(seconds=1)
_IDLE = timedelta(seconds=4)
"""Shorter than a service keeps an idle connection, so that no request meets one that is just being closed."""


class ServiceClient:
    """Sends requests as they are given and returns answers as they came, within `timeout`. For one event loop."""

    def __init__(self, timeout: timedelta) -> None:
        self._away_since: dict[str, float] = {}
        self._client = HttpClient(timeout, connect=_CONNECT, idle=_IDLE)

    async def send(
        self, service: str, base: str, method: str, path: str, headers: Headers = (), body: bytes = b""
    ) -> Answer:
        """The answer of a service whose address is `base`, to a request for a path with its query.

        Raises:
            RequestFailed: there is none.
            Unsendable: a header has a line break.
        """
        pause = _PAUSE
        while True:
            try:
                answer = await self._client.send(base, method, path, headers, body)
            except NotConnected:
                if self._is_away_for_long(service):
                    raise
            else:
                self._away_since.pop(service, None)
                return answer
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    def _is_away_for_long(self, service: str) -> bool:
        now = time.monotonic()
        if now - self._away_since.get(service, -inf) >= _ANEW_SECONDS:
            self._away_since[service] = now
        return now - self._away_since[service] >= RESTART_SECONDS


def checked_url(url: str) -> str:
    """The address of a service, which speaks plain HTTP.

    Raises:
        ValueError: it is another one.
    """
    if not url.startswith("http://"):
        raise ValueError(f"services are reached by plain HTTP, not by {url}")
    return url
