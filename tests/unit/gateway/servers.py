"""Real HTTP servers on free ports for tests: a stand-in for a service, and whatever application is under test."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn

from services_stub.runtime.settings import Settings
from tests.waiting import eventually_true

Headers = list[tuple[bytes, bytes]]
Application = Callable[[Any, Any, Any], Any]


class _Server(uvicorn.Server):
    def capture_signals(self) -> Any:
        return contextlib.nullcontext()


@asynccontextmanager
async def serving(app: Application) -> AsyncIterator[str]:
    """Serve `app` while the block runs; the value is its base URL."""
    config = uvicorn.Config(
        app, port=0, loop="none", lifespan="off", log_config=None, server_header=False, date_header=False
    )
    server = _Server(config)
    task = asyncio.create_task(server.serve())
    await eventually_true(lambda: server.started or task.done())
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        await task


@dataclass(frozen=True)
class Seen:
    """A request as a service got it."""

    method: str
    path: str
    query: bytes
    headers: Headers
    body: bytes

    def header(self, name: str) -> str | None:
        """The value of a header that may be there once."""
        values = [value.decode() for key, value in self.headers if key.decode() == name]
        assert len(values) <= 1, f"{name} came {len(values)} times"
        return values[0] if values else None


@dataclass
class StubService:
    """Answers every request alike, or by path, and remembers what it got."""

    status: int = 200
    headers: Headers = field(default_factory=lambda: [(b"content-type", b"application/json")])
    body: bytes = b'{"answer": 42}'
    answers: dict[str, tuple[int, Any]] = field(default_factory=dict)
    hold: asyncio.Event | None = None
    seen: list[Seen] = field(default_factory=list)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request."""
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        self.seen.append(
            Seen(scope["method"], scope["raw_path"].decode(), scope["query_string"], scope["headers"], body)
        )
        if self.hold is not None:
            await self.hold.wait()
        status, content = self.status, self.body
        if self.answers:
            status, document = self.answers.get(scope["path"], (404, {"type": "/problems/not-found"}))
            content = json.dumps(document).encode()
        length = [(b"content-length", str(len(content)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": [*self.headers, *length]})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else content})


async def closed_port() -> str:
    """The base URL of a port without a listener."""
    async with serving(StubService()) as url:
        return url


def settings(peers: dict[str, str]) -> Settings:
    """Settings of a gateway in front of `peers`."""
    return Settings(
        service="gateway",
        instance="gateway-1",
        port=0,
        bootstrap_servers="127.0.0.1:9",
        data_dir="/nonexistent",
        peers=peers,
        internal_token="the-internal-token",
    )
