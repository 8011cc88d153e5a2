"""One running service: its parts in the order in which they start, and end."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import structlog
import uvicorn
from litestar import Litestar, Response, get
from litestar.types import ASGIApp

from services_stub.contracts.http.auth import KeySet
from services_stub.contracts.http.gateway import ServiceHealth
from services_stub.runtime.consumer import Consumer, InDatabase, InSink
from services_stub.runtime.context import Context
from services_stub.runtime.fast_path import FastPath
from services_stub.runtime.hops import HopReporter
from services_stub.runtime.http import allow_anyone, build_app
from services_stub.runtime.kafka.producer import Publisher
from services_stub.runtime.kafka.record_source import RecordSource
from services_stub.runtime.peers import Peers
from services_stub.runtime.service import Service, Worker
from services_stub.runtime.settings import Settings
from services_stub.runtime.sql import inbox, outbox
from services_stub.runtime.sql.database import Database
from services_stub.runtime.sql.reader import Reader
from services_stub.runtime.sql.transaction import NO_CAUSE
from services_stub.runtime.sql.writer import Writer
from services_stub.runtime.tokens import Verifier

_FLUSH = 5.0
_STOP = 10.0


class _Server(uvicorn.Server):
    """Uvicorn without its signal handlers: the process has its own, for all its services."""

    def capture_signals(self) -> Any:
        """Leave the signals alone."""
        return contextlib.nullcontext()


class RunningService:
    """A service at work. Create it after the fork, in a running event loop. `on_bug` ends the process."""

    def __init__(
        self, service: Service, settings: Settings, cluster_id: str, on_bug: Callable[[BaseException], None]
    ) -> None:
        self._service, self._settings, self._on_bug = service, settings, on_bug
        self._publisher = Publisher(settings, lambda reason: on_bug(RuntimeError(reason)))
        self._peers = Peers(settings.peers, settings.internal_token)
        verifier = Verifier(self._fetch_keys)
        self._database: Database | None = None
        writer: Writer | None = None
        self._reader: Reader | None = None
        if service.tables is not None:
            Path(settings.data_dir).mkdir(parents=True, exist_ok=True)
            self._database = Database(settings.url_of_database())
            self._database.create(service.tables, outbox.tables, inbox.tables)
            writer = Writer(service.name, self._database, self._publisher, cluster_id, on_bug)
            self._reader = Reader(service.name, self._database)
        self._writer = writer
        loop = asyncio.get_running_loop()
        self.context = Context(settings, loop, self._peers, verifier, writer, self._reader)
        self._workers: list[Worker] = []
        self._consumer = self._build_consumer()
        self._server = _Server(self._server_config())
        self._serving: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start writing, then the workers, consuming, and at last serving requests."""
        if self._writer is not None and self._reader is not None:
            self._writer.start()
            self._reader.start()
        self._workers = list(self._service.workers(self.context))
        for worker in self._workers:
            await asyncio.to_thread(worker.start)
        if self._consumer is not None:
            self._consumer.start()
        self._serving = asyncio.create_task(self._server.serve())
        while not self._server.started:
            if self._serving.done():
                await self._serving
                raise OSError(f"{self._settings.service} cannot listen on port {self._settings.port}")
            await asyncio.sleep(0.005)

    async def stop(self) -> None:
        """Drain: no new requests, batch committed, offsets committed, outbox flushed."""
        self.context.stopping.set()
        self._server.should_exit = True
        if self._serving is not None:
            await self._serving
        if self._consumer is not None:
            await asyncio.to_thread(self._consumer.stop, _STOP)
        for worker in self._workers:
            await asyncio.to_thread(worker.stop, _STOP)
        if self._writer is not None and self._reader is not None:
            await asyncio.to_thread(self._reader.stop, _STOP)
            await asyncio.to_thread(self._writer.stop, _FLUSH)
        await asyncio.to_thread(self._publisher.flush, _FLUSH)
        await self._peers.close()
        if self._database is not None:
            self._database.close()

    def health(self) -> ServiceHealth:
        """Ready once it consumes, with what else is worth knowing."""
        ready = self._consumer is None or self._consumer.assigned
        waiting = self._writer.outbox.backlog() if self._writer is not None else 0
        detail = "" if ready else "waiting for Kafka"
        return ServiceHealth(
            name=self._service.name, ready=ready, detail=detail or (f"{waiting} events wait" if waiting else "")
        )

    async def _fetch_keys(self) -> KeySet:
        return await self._peers.call("auth", "GET", "/api/auth/keys", expect=KeySet, cause=NO_CAUSE)

    def _build_consumer(self) -> Consumer | None:
        events = self._service.events()
        if not events:
            return None
        if self._service.sink is not None:
            handling: InDatabase | InSink = InSink(
                self._service.name, self._service.sink(self.context), self._publisher
            )
        else:
            handling = InDatabase(self._service.name, self.context.writer, self._service.handlers)
        source = RecordSource(
            self._settings, [event.topic for event in events], self._on_gap, self._service.batch_linger
        )
        hops = HopReporter(self._settings, self._publisher)
        return Consumer(self._service.name, events, source, handling, hops, self._on_bug, self._service.filters)

    def _on_gap(self, topic: str, partition: int, expected: int, found: int) -> None:
        structlog.get_logger().error(
            "records were dropped by the broker before they were read",
            service=self._service.name,
            topic=topic,
            partition=partition,
            first=expected,
            next=found,
        )

    def _server_config(self) -> uvicorn.Config:
        app: ASGIApp = self._build_app()
        if self._service.fast_routes:
            app = FastPath(app, self._service.fast_routes, self.context)
        if self._service.wrap is not None:
            app = self._service.wrap(app, self.context)
        return uvicorn.Config(
            app,
            host=self._settings.host,
            port=self._settings.port,
            loop="none",
            http="httptools",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            date_header=False,
            timeout_graceful_shutdown=5,
            backlog=1024,
        )

    def _build_app(self) -> Litestar:
        own = {path for route in self._service.routes for path in route.paths}
        health = [route for route in health_routes(self.health) if own.isdisjoint(route.paths)]
        return build_app(self._service.name, [*self._service.routes, *health], self.context)


def health_routes(health: Callable[[], ServiceHealth]) -> list[Any]:
    """The two questions that a supervisor asks: alive (answers at all), and ready (works)."""

    @get("/health/live", include_in_schema=False, **allow_anyone())
    async def live() -> ServiceHealth:
        """Answer."""
        return health()

    @get("/health/ready", include_in_schema=False, **allow_anyone())
    async def ready() -> Response[ServiceHealth]:
        """Answer 200 if ready, else 503."""
        found = health()
        return Response(found, status_code=200 if found.ready else 503)

    return [live, ready]
