"""The HTTP routes of the analytics service: for admins alone."""

from __future__ import annotations

from typing import Annotated

from litestar import get
from litestar.params import Parameter

from services_stub.analytics.domain import Resolution
from services_stub.analytics.handlers import COUNTED
from services_stub.analytics.store import reading
from services_stub.analytics.store.reading import Lag
from services_stub.contracts.http.analytics import Series, Summary
from services_stub.runtime import clock
from services_stub.runtime.context import Context
from services_stub.runtime.http import allow

Top = Annotated[int, Parameter(ge=1, le=50, description="How many entries each top list has at most.")]
Step = Annotated[
    Resolution, Parameter(description="Seconds are kept for 10 minutes, minutes for 1 day, hours for 90 days.")
]
Points = Annotated[int, Parameter(ge=1, le=2160, description="How many points; no more than are kept.")]


@get("/api/summary", **allow("admin"))
async def read_summary(context: Context, top: Top = 10) -> Summary:
    """The marketplace in numbers, of one moment, and how far its topics are read."""
    return await context.read(reading.summary, _lag(context), top)


@get("/api/series", **allow("admin"))
async def read_series(context: Context, resolution: Step = "minute", points: Points = 60) -> Series:
    """The last events in numbers, in steps of a second, a minute or an hour of event time."""
    return await context.read(reading.series, _lag(context), resolution, points, clock.now())


def _lag(context: Context) -> Lag:
    known = {found.topic: found for found in context.progress()}
    return {event.topic: known.get(event.topic) for event in COUNTED}


ROUTES = (read_summary, read_series)
