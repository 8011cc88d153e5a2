"""The composition root of a service: its HTTP application and its consumer, put together from its declaration.

Production and tests both get them here, so that a test meets the application that users meet.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from litestar import Response, get, post, put
from litestar.types import ASGIApp

from services_stub.contracts.control_faults import ServiceFault
from services_stub.contracts.http.gateway import ServiceHealth
from services_stub.contracts.http.replay import REPLAYS_PATH, AskForReplay
from services_stub.runtime.consumer import Consumer
from services_stub.runtime.context import Context
from services_stub.runtime.fast_path import FastPath
from services_stub.runtime.faults import FAULTS_PATH
from services_stub.runtime.handling import Handling
from services_stub.runtime.http import RequestScope, allow_anyone, allow_internal
from services_stub.runtime.http_application import build_app
from services_stub.runtime.in_database import InDatabase
from services_stub.runtime.in_sink import InSink
from services_stub.runtime.kafka.producer import Publisher
from services_stub.runtime.kafka.record_source import RecordSource
from services_stub.runtime.outermost import Outermost
from services_stub.runtime.request_hops import ReportedRequests
from services_stub.runtime.service import Service


class Application:
    """The HTTP application of a service. Build it before the fork: processes forked later share its memory.

    Raises:
        ValueError: a route does not declare who may call it.
    """

    def __init__(self, service: Service) -> None:
        self._service = service
        self._scope = RequestScope()
        self._health: Callable[[], ServiceHealth] | None = None
        own = {path for route in service.routes for path in route.paths}
        replays = [] if service.tables is None else [replay]
        added = [route for route in (*self._own_routes(), replace_faults, *replays) if own.isdisjoint(route.paths)]
        self._litestar = build_app(service.name, [*service.routes, *added], self._scope)

    def bind(self, context: Context, health: Callable[[], ServiceHealth]) -> ASGIApp:
        """The application at work, from the outside in: guard, wrap, fast path, its routes and those of `health`."""
        self._scope.bind(context)
        self._health = health
        app: ASGIApp = self._litestar
        if self._service.fast_routes:
            app = FastPath(app, self._service.fast_routes, context)
        if context.hops.enabled:
            app = ReportedRequests(app, self._service.name, context.hops)
        app = app if self._service.wrap is None else self._service.wrap(app, context)
        return Outermost(app, "" if self._service.is_public else context.settings.internal_token)

    def _own_routes(self) -> list[Any]:
        """Answers for the supervisor: alive (answers at all), and ready (works); and for the event catalogue."""
        topics = [event.topic for event in (*self._service.events(), *self._service.follows)]

        @get("/health/live", include_in_schema=False, **allow_anyone())
        async def live() -> ServiceHealth:
            """Answer."""
            return self._read_health()

        @get("/health/ready", include_in_schema=False, **allow_anyone())
        async def ready() -> Response[ServiceHealth]:
            """Answer 200 if ready, else 503."""
            found = self._read_health()
            return Response(found, status_code=200 if found.ready else 503)

        @get("/internal/topics", include_in_schema=False, **allow_internal())
        async def topics_read() -> list[str]:
            """The topics that the service reads."""
            return topics

        return [live, ready, topics_read]

    def _read_health(self) -> ServiceHealth:
        if self._health is None:
            raise LookupError("this application is not bound to a running service")
        return self._health()


@post(REPLAYS_PATH, status_code=204, include_in_schema=False, **allow_internal())
async def replay(context: Context, data: AskForReplay) -> None:
    """Send the events of a topic again that are kept, unless they are about to be sent into another log."""
    if data.cluster_id == context.cluster_id:
        context.writer.replay(data.topic)


@put(FAULTS_PATH, status_code=204, include_in_schema=False, **allow_internal())
async def replace_faults(context: Context, data: list[ServiceFault]) -> None:
    """These faults are in force from now on, and no others; the supervisor says so."""
    context.faults.replace(data)


def build_consumer(
    service: Service,
    context: Context,
    source: RecordSource,
    publisher: Publisher,
    on_bug: Callable[[BaseException], None],
) -> Consumer:
    """The consumer of a service with its filters: what `source` yields is handled in its database or by its sink."""
    handling: Handling
    on_step: Callable[[], None] | None = None
    if service.sink is not None:
        handling = InSink(service.name, service.sink(context), publisher)
        on_step = publisher.poll  # of the other services the writer polls it
    else:
        handling = InDatabase(service.name, context.writer, service.handlers)
    return Consumer(
        service.name,
        service.events(),
        source,
        handling,
        context.hops,
        on_bug,
        service.filters_out,
        on_step,
        service.largest_batch,
    )
