"""The marketplace in numbers, for admins."""

from __future__ import annotations

from typing import Literal

from services_stub.client.transport import Transport
from services_stub.contracts.http.analytics import Series, Summary


class AnalyticsArea:
    """The numbers of the analytics service. `progress` in each answer says how far it has read."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def summary(self, *, top: int = 10) -> Summary:
        """The marketplace in numbers, with `top` entries in each top list."""
        return await self._transport.request("GET", "/analytics-service/api/summary", Summary, query={"top": top})

    async def series(self, resolution: Literal["second", "minute", "hour"] = "minute", *, points: int = 60) -> Series:
        """The last `points` steps in numbers."""
        query = {"resolution": resolution, "points": points}
        return await self._transport.request("GET", "/analytics-service/api/series", Series, query=query)
