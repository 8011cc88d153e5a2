"""One running service: its parts, and the order in which they start and end."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import structlog
import uvicorn

from services_stub.contracts.control_faults import ClockSkew
from services_stub.contracts.http.gateway import ServiceHealth, TopicProgress
from services_stub.http_server.configuration import server_config
from services_stub.runtime import clock
from services_stub.runtime.application import Application, build_consumer
from services_stub.runtime.consumer import Consumer
from services_stub.runtime.context import Context
from services_stub.runtime.kafka.producer import Publisher
from services_stub.runtime.kafka.record_source import RecordSource
from services_stub.runtime.peers import Peers
from services_stub.runtime.service import Service, Worker
from services_stub.runtime.settings import Settings
from services_stub.runtime.sql import inbox, outbox
from services_stub.runtime.sql.database import Database
from services_stub.runtime.sql.reader import Reader
from services_stub.runtime.sql.writer import Writer
from services_stub.runtime.tokens import Verifier

_FLUSH = 5.0
_GRACE_SECONDS = 5
_STOP = 10.0
_SILENCE = 5.0
_PUBLISH_LINGER = 0.02
"""Seconds that an event waits at most for others before it is published: users may wait for what follows from it."""
"""Seconds without an answer of Kafka after which it counts as away."""


class _Server(uvicorn.Server):
    """Uvicorn without its signal handlers: the process has its own, for all its services.

    It looks once a second, not ten times, whether it shall end, and when `ending` is set: most processes wait mostly.
    """

    ending: asyncio.Event

    def capture_signals(self) -> Any:
        """Leave the signals alone."""
        return contextlib.nullcontext()

    async def main_loop(self) -> None:
        """Serve until it shall end."""
        while not await self.on_tick(0):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.ending.wait(), 1.0)


class RunningService:
    """A service at work. Create it after the fork, in a running event loop. `on_bug` ends the process.

    `answered_at` is when Kafka last answered (monotonic time in seconds); the process keeps it up to date.
    """

    def __init__(
        self,
        service: Service,
        application: Application,
        settings: Settings,
        cluster_id: str,
        on_bug: Callable[[BaseException], None],
    ) -> None:
        self._service, self._settings, self._on_bug = service, settings, on_bug
        self.answered_at = time.monotonic()
        self._began_at = self.answered_at
        # The writer or the consumer polls it; in a service without either it would fill up with reports of errors.
        sends = service.tables is not None or bool(service.events())
        self._publisher = Publisher(settings, on_bug, min(service.batch_linger, _PUBLISH_LINGER)) if sends else None
        self._peers = Peers(settings.peers, settings.internal_token, service.calls)
        verifier = Verifier(self._peers.keys)
        self._database: Database | None = None
        writer: Writer | None = None
        self._reader: Reader | None = None
        if service.tables is not None and self._publisher is not None:
            Path(settings.data_dir).mkdir(parents=True, exist_ok=True)
            self._database = Database(settings.url_of_database())
            self._database.create(service.tables, outbox.tables, inbox.tables)
            writer = Writer(service.name, self._database, self._publisher, cluster_id, on_bug)
            self._publisher.on_lost = writer.replay
            self._reader = Reader(service.name, self._database)
        self._writer = writer
        loop = asyncio.get_running_loop()
        self.context = Context(
            settings, loop, self._peers, verifier, writer, self._reader, self._publisher, cluster_id=cluster_id
        )
        self.context.faults.listen(clock.disturb)
        if writer is not None:
            self.context.silences["its database"] = writer.silence
        if self._publisher is not None:
            self.context.faults.listen(self._publisher.disturb)
        self.context.progress = self._progress
        self._workers: list[Worker] = []
        self._source: RecordSource | None = None
        self._consumer = self._build_consumer()
        bound, host, port = application.bind(self.context, self.health), settings.host, settings.port
        hosts = tuple(filter(None, settings.options.get("hosts", "").split(",")))
        self._server = _Server(server_config(bound, grace_seconds=_GRACE_SECONDS, hosts=hosts, host=host, port=port))
        self._server.ending = self.context.stopping
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
        # So that nothing is held back any more; the clock is not set back.
        skew = self.context.faults.find(ClockSkew)
        self.context.faults.replace([] if skew is None else [skew])
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
        if self._publisher is not None:
            await asyncio.to_thread(self._publisher.flush, _FLUSH)
        await self._peers.close()
        if self._database is not None:
            self._database.close()

    def health(self) -> ServiceHealth:
        """Ready where a purchase would go through it: else with what it waits for, and what else is worth knowing."""
        waits = self._waits()
        details = [f"waits for {name} since {_moment(seconds)}" for name, seconds in waits.items()]
        if self._writer is not None:
            waiting, refused = self._writer.outbox.backlog(), self._writer.outbox.refused
            details += [f"{waiting} events wait"] if waiting else []
            details += [f"{refused} events refused by the broker (table outbox_refused)"] if refused else []
        dropped = 0 if self._publisher is None else self.context.sampling.dropped
        details += [f"{dropped} events of a sample dropped"] if dropped else []
        details += [f"{self.context.hops.dropped} hops dropped"] if self.context.hops.dropped else []
        return ServiceHealth(
            name=self._service.name,
            ready=not waits,
            detail=", ".join(details),
            requests=self._server.server_state.total_requests,
            topics=self._progress(),
        )

    def _waits(self) -> dict[str, float]:
        """The seconds for which it has waited for each of those that do not answer."""
        found = {name: seconds for name, silence in self.context.silences.items() if (seconds := silence())}
        if self._consumer is not None and not self._consumer.assigned:
            found["Kafka"] = time.monotonic() - self._began_at
        if self._silence():
            found["Kafka"] = self._silence()
        return found

    def _silence(self) -> float:
        """The seconds since Kafka answered, 0 where they are few."""
        seconds = time.monotonic() - self.answered_at
        return seconds if seconds > _SILENCE else 0.0

    def _progress(self) -> list[TopicProgress]:
        if self._source is None or self.context.stopping.is_set():
            return []
        now = clock.seconds()
        return self._source.progress.report(now, now - self._silence())

    def _build_consumer(self) -> Consumer | None:
        topics, linger = [event.topic for event in self._service.events()], self._service.batch_linger
        if not topics or self._publisher is None:
            return None
        self._source = RecordSource(self._settings, topics, self._on_gap, linger, self.context.cluster_id)
        return build_consumer(self._service, self.context, self._source, self._publisher, self._on_bug)

    def _on_gap(self, topic: str, partition: int, first: int, behind: int) -> None:
        lost = f"{topic}[{partition}]@{first}, {behind - first} records"
        structlog.get_logger().error("the log lost records: asks for them again", service=self._service.name, lost=lost)
        asyncio.run_coroutine_threadsafe(self._peers.ask_for_replay(topic, self.context.cluster_id), self.context.loop)


def _moment(ago: float) -> str:
    """The time so many seconds ago."""
    return (clock.now() - timedelta(seconds=ago)).isoformat(timespec="seconds").replace("+00:00", "Z")
