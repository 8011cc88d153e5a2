"""A service without sockets and without Kafka: its routes, writer and reader; what other services say is scripted."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec

from services_stub.contracts.base import Event
from services_stub.contracts.events import EVENT_BY_TOPIC
from services_stub.contracts.http.auth import KeySet
from services_stub.runtime.context import Context
from services_stub.runtime.errors import Unavailable
from services_stub.runtime.http import build_app
from services_stub.runtime.peers import INTERNAL_TOKEN, Peers
from services_stub.runtime.service import Service, Worker
from services_stub.runtime.settings import Settings
from services_stub.runtime.sql import inbox, outbox
from services_stub.runtime.sql.database import Database
from services_stub.runtime.sql.reader import Reader
from services_stub.runtime.sql.writer import Writer
from services_stub.runtime.tokens import Caller, Verifier

THE_INTERNAL_TOKEN = "internal-secret"
_ANSWER_WITHIN = 20.0

Answer = Callable[[Any], Any]


class RecordingSender:
    """Acknowledges at once, and keeps what was sent."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.headers: list[dict[str, bytes]] = []

    def send(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        headers: list[tuple[str, bytes]],
        on_acknowledged: Callable[[], None] | None = None,
    ) -> bool:
        self.events.append(msgspec.json.decode(value or b"", type=EVENT_BY_TOPIC[topic]))
        self.headers.append(dict(headers))
        if on_acknowledged is not None:
            on_acknowledged()
        return True

    def poll(self) -> None:
        """Nothing waits."""


class ScriptedPeers(Peers):
    """Other services as functions from body to answer, by `METHOD service path`; a missing one is away."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}

    async def call(self, service: str, method: str, path: str, *, body: Any = None, **_options: Any) -> Any:
        answer = self.answers.get(f"{method} {service} {path}")
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


class Serving:
    """A service at work; requests are answered as over HTTP."""

    def __init__(self, service: Service, data_dir: Path, options: Mapping[str, str], *, own_tokens: bool) -> None:
        assert service.tables is not None
        self.settings = Settings(
            service=service.name,
            instance=f"{service.name}-1",
            port=0,
            bootstrap_servers="",
            data_dir=str(data_dir),
            internal_token=THE_INTERNAL_TOKEN,
            options=dict(options),
        )
        self.sender = RecordingSender()
        self.peers = ScriptedPeers()
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, name="loop", daemon=True)
        self._thread.start()
        self.database = Database(self.settings.url_of_database())
        self.database.create(service.tables, outbox.tables, inbox.tables)
        self.writer = Writer(service.name, self.database, self.sender, "cluster", self._bugs)
        self.reader = Reader(service.name, self.database)
        self.bugs: list[BaseException] = []
        verifier = Verifier(self._fetch_keys) if own_tokens else NamedCallers()
        self.context = Context(self.settings, self.loop, self.peers, verifier, self.writer, self.reader)
        self.writer.start()
        self.reader.start()
        self.workers: list[Worker] = []
        self._app: Any = build_app(service.name, service.routes, self.context)

    def request(self, method: str, path: str, *, by: str = "", json: Any = None, **options: Any) -> httpx.Response:
        """One request; `by` is a token, or the name of a caller such as `seller:s1`."""
        headers = {"authorization": f"Bearer {by}"} if by else {}
        headers |= options.pop("headers", {})
        content = options.pop("content", None if json is None else msgspec.json.encode(json, enc_hook=float))
        return self.context.run(self._send(method, path, headers, content, options), _ANSWER_WITHIN)

    def internal(self, method: str, path: str, *, json: Any = None) -> httpx.Response:
        """One request of another service."""
        return self.request(method, path, json=json, headers={INTERNAL_TOKEN: THE_INTERNAL_TOKEN})

    def close(self) -> None:
        """End everything that was started."""
        self.reader.stop(5)
        self.writer.stop(5)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(5)
        self.loop.close()
        self.database.close()
        assert self.bugs == []

    async def _send(
        self, method: str, path: str, headers: dict[str, str], content: bytes | None, options: dict[str, Any]
    ) -> httpx.Response:
        transport = httpx.ASGITransport(self._app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.request(method, path, headers=headers, content=content, **options)

    async def _fetch_keys(self) -> KeySet:
        response = await self._send("GET", "/api/auth/keys", {}, None, {})
        return msgspec.json.decode(response.content, type=KeySet)

    def _bugs(self, error: BaseException) -> None:
        self.bugs.append(error)


@contextmanager
def serving(
    service: Service, data_dir: Path, options: Mapping[str, str] | None = None, *, own_tokens: bool = False
) -> Iterator[Serving]:
    """`service` at work in `data_dir`, its workers started."""
    running = Serving(service, data_dir, options or {}, own_tokens=own_tokens)
    try:
        running.workers += service.workers(running.context)
        for worker in running.workers:
            worker.start()
        yield running
        for worker in running.workers:
            worker.stop(5)
    finally:
        running.close()
