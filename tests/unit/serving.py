"""A service without sockets and without Kafka: the application and the consumer that production builds.

The answers of other services are scripted.
"""

from __future__ import annotations

import asyncio
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import httpx
import msgspec

from services_stub.contracts.base import Event
from services_stub.contracts.events import EVENT_BY_TOPIC, HopsReported, RequestHop
from services_stub.contracts.http.auth import KeySet
from services_stub.contracts.http.gateway import ServiceHealth
from services_stub.runtime.application import Application, build_consumer
from services_stub.runtime.context import Context
from services_stub.runtime.errors import Unavailable
from services_stub.runtime.kafka.producer import Publisher
from services_stub.runtime.kafka.record_source import RecordSource
from services_stub.runtime.kafka.records import Record
from services_stub.runtime.peers import EVERY_PEER, Peers, is_declared
from services_stub.runtime.service import Service, Worker
from services_stub.runtime.settings import GATEWAY_TOKEN, INTERNAL_TOKEN, Settings, gateway_token
from services_stub.runtime.sql import inbox, outbox
from services_stub.runtime.sql.database import Database
from services_stub.runtime.sql.reader import Reader
from services_stub.runtime.sql.writer import Writer
from services_stub.runtime.tokens import Caller, Verifier
from tests.databases import url_for
from tests.unit.runtime.sample_service import record_of

THE_INTERNAL_TOKEN = "internal-secret"
_ANSWER_WITHIN = 20.0

Answer = Callable[[Any], Any]


class RecordingSender:
    """Acknowledges at once, and keeps the topics of all records, and the events and reports that they carried."""

    def __init__(self) -> None:
        self.topics: list[str] = []
        self.events: list[Event] = []
        self.headers: list[dict[str, bytes]] = []
        self.reports: list[HopsReported] = []

    def send(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        headers: list[tuple[str, bytes]],
        on_acknowledged: Callable[[], None] | None = None,
        on_refused: Callable[[str], None] | None = None,
    ) -> bool:
        self.topics.append(topic)
        if topic in EVENT_BY_TOPIC:
            self.events.append(msgspec.json.decode(value or b"", type=EVENT_BY_TOPIC[topic]))
            self.headers.append(dict(headers))
        if topic == HopsReported.topic:
            self.reports.append(msgspec.json.decode(value or b"", type=HopsReported))
        if on_acknowledged is not None:
            on_acknowledged()
        return True

    def poll(self) -> None:
        """Nothing waits."""

    def waiting(self) -> int:
        """Nothing waits."""
        return 0

    def flush(self, _timeout: float) -> int:
        """Nothing waits."""
        return 0


class RecordList:
    """A log that yields what it was given once, and counts what was committed."""

    def __init__(self, records: Sequence[Record]) -> None:
        self.records = list(records)
        self.committed = 0

    def assign(self) -> None:
        """There is one log."""

    def sample(self) -> None:
        """There is no lag."""

    def poll(self, most: int, _timeout: float) -> list[Record]:
        taken, self.records = self.records[:most], self.records[most:]
        return taken

    def commit(self, records: Sequence[Record]) -> None:
        self.committed += len(records)


class ScriptedPeers(Peers):
    """Other services as functions from body to answer, by `METHOD service path`, the query left out or not.

    A missing one is away.
    """

    def __init__(self, declared: Sequence[str] = EVERY_PEER) -> None:
        self.answers: dict[str, Answer] = {}
        self._declared = declared

    async def call(self, service: str, method: str, path: str, *, body: Any = None, **_options: Any) -> Any:
        if not is_declared(service, self._declared):
            raise LookupError(f"{service} is no declared peer")
        route = f"{method} {service} {path}"
        answer = self.answers.get(route) or self.answers.get(route.partition("?")[0])
        if answer is None:
            raise Unavailable(f"{service}: away")
        return answer(body)


class NamedCallers(Verifier):
    """Believes a token that says `role:user id`."""

    def __init__(self) -> None:
        """Needs no keys."""

    async def caller(self, authorization: str) -> Caller:
        role, _, user_id = authorization.removeprefix("Bearer ").partition(":")
        return Caller(user_id, role, f"{user_id}@example.com", 2**40)


_idle: dict[int, list[tuple[Service, Application]]] = defaultdict(list)


@contextmanager
def application_of(service: Service) -> Iterator[Application]:
    """The application of a service, bound to nothing else meanwhile.

    It is built once, as in production, where every process of a service begins with it: that takes longer than most
    tests.
    """
    idle = _idle[id(service)]
    _, application = entry = idle.pop() if idle else (service, Application(service))
    yield application
    idle.append(entry)


class Serving:
    """A service at work; requests are answered as over HTTP, events are handled as from Kafka."""

    def __init__(
        self,
        service: Service,
        application: Application,
        data_dir: Path,
        options: Mapping[str, str],
        *,
        own_tokens: bool,
        sampling: float,
    ) -> None:
        self.settings = Settings(
            service=service.name,
            instance=f"{service.name}-1",
            port=0,
            bootstrap_servers="",
            data_dir=str(data_dir),
            internal_token=THE_INTERNAL_TOKEN,
            options=dict(options),
            event_sampling=sampling,
            database_url=url_for(data_dir),
        )
        self.bugs: list[BaseException] = []
        self.sender = RecordingSender()
        self.peers = ScriptedPeers(service.calls)
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, name="loop", daemon=True)
        self._thread.start()
        self._service = service
        self.database: Database | None = None
        self._writer = self._reader = None
        if service.tables is not None:
            data_dir.mkdir(parents=True, exist_ok=True)
            self.database = Database(self.settings.url_of_database())
            self.database.create(service.tables, outbox.tables, inbox.tables)
            self._writer = Writer(service.name, self.database, self.sender, "cluster", self.bugs.append)
            self._reader = Reader(service.name, self.database)
            self._writer.start()
            self._reader.start()
        verifier = Verifier(self._fetch_keys) if own_tokens else NamedCallers()
        self.context = Context(self.settings, self.loop, self.peers, verifier, self._writer, self._reader, self.sender)
        self.workers: list[Worker] = []
        self.app: Any = application.bind(self.context, lambda: ServiceHealth(name=service.name, ready=True))

    def request(self, method: str, path: str, *, by: str = "", json: Any = None, **options: Any) -> httpx.Response:
        """One request; `by` is a token, or the name of a caller such as `seller:s1`."""
        headers = {GATEWAY_TOKEN: gateway_token(THE_INTERNAL_TOKEN)} if not self._service.is_public else {}
        headers |= {"authorization": f"Bearer {by}"} if by else {}
        headers |= {"content-type": "application/json"} | dict(options.pop("headers", {}))
        content = options.pop("content", None if json is None else msgspec.json.encode(json, enc_hook=float))
        return self.context.run(self._send(method, path, headers, content, options), _ANSWER_WITHIN)

    def internal(self, method: str, path: str, *, json: Any = None) -> httpx.Response:
        """One request of another service."""
        return self.request(method, path, json=json, headers={INTERNAL_TOKEN: THE_INTERNAL_TOKEN})

    def requests_reported(self) -> list[RequestHop]:
        """The requests that were reported to their flows until now."""
        self.context.hops.flush(now=True)
        return [request for report in self.sender.reports for request in report.requests]

    def consume(self, *events: Event) -> None:
        """Have events handled, as one batch of records."""
        self.consume_records([record_of(event, offset=offset) for offset, event in enumerate(events)])

    def consume_records(self, records: Sequence[Record]) -> None:
        """Have records handled, in batches as large as the consumer takes."""
        source = RecordList(records)
        consumer = build_consumer(
            self._service,
            self.context,
            cast("RecordSource", source),
            cast("Publisher", self.sender),
            self.bugs.append,
        )
        while source.records:
            consumer.step()
        assert source.committed == len(records)

    def close(self) -> None:
        """End everything that was started."""
        if self._reader is not None and self._writer is not None:
            self._reader.stop(5)
            self._writer.stop(5)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(5)
        self.loop.close()
        if self.database is not None:
            self.database.close()
        assert self.bugs == []

    async def _send(
        self, method: str, path: str, headers: dict[str, str], content: bytes | None, options: dict[str, Any]
    ) -> httpx.Response:
        transport = httpx.ASGITransport(self.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.request(method, path, headers=headers, content=content, **options)

    async def _fetch_keys(self) -> KeySet:
        response = await self._send("GET", "/api/auth/keys", {INTERNAL_TOKEN: THE_INTERNAL_TOKEN}, None, {})
        return msgspec.json.decode(response.content, type=KeySet)


@contextmanager
def serving(
    service: Service,
    data_dir: Path,
    options: Mapping[str, str] | None = None,
    *,
    own_tokens: bool = False,
    sampling: float = 0.0,
    with_workers: bool = True,
) -> Iterator[Serving]:
    """`service` at work in `data_dir`, its workers as well; `sampling` is the share of a sample's events."""
    with application_of(service) as application:
        running = Serving(service, application, data_dir, options or {}, own_tokens=own_tokens, sampling=sampling)
        try:
            running.workers += service.workers(running.context) if with_workers else ()
            for worker in running.workers:
                worker.start()
            yield running
            for worker in running.workers:
                worker.stop(5)
        finally:
            running.close()
