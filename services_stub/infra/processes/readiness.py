"""Whether the processes answer, and waiting until they do."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import NamedTuple

import msgspec

from services_stub.contracts.text import escaped
from services_stub.infra.config.errors import CannotStart
from services_stub.infra.config.ports import HOST
from services_stub.infra.processes.managed_process import ManagedProcess

_POLL_SECONDS = 0.02
_ANSWER_SECONDS = 1.0
_MOST_DEATHS = 3
_TAIL_LINES = 12
_TAIL_BYTES = 8192


async def listens(port: int) -> bool:
    """Whether something accepts connections on the port."""
    with contextlib.suppress(OSError):
        _, writer = await asyncio.open_connection(HOST, port)
        writer.close()
        return True
    return False


class _Part(msgspec.Struct):
    name: str = ""
    ready: bool = True


class _Health(_Part):
    """A service as it tells of itself, or the gateway of all."""

    detail: str = ""
    services: list[_Part] = []


class Readiness(NamedTuple):
    """Whether a service is ready, and what it says beside that."""

    ready: bool
    detail: str = ""


async def readiness_of(port: int) -> Readiness:
    """The readiness of the service on the port, as it says itself."""
    try:
        async with asyncio.timeout(_ANSWER_SECONDS):
            reader, writer = await asyncio.open_connection(HOST, port)
            try:
                writer.write(f"GET /health/ready HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode())
                answer = await reader.read()
            finally:
                writer.close()
    except TimeoutError:
        return Readiness(False, "does not answer")
    except OSError:
        return Readiness(False, "accepts no connections")
    head, _, body = answer.partition(b"\r\n\r\n")
    return Readiness(head.split(b" ")[1:2] == [b"200"], _detail_in(body))


def _detail_in(body: bytes) -> str:
    try:
        health = msgspec.json.decode(body, type=_Health)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return ""
    missing = [part.name for part in health.services if not part.ready]
    return health.detail or (f"waits for {', '.join(missing)}" if missing else "")


async def wait_until_ready(
    process: ManagedProcess,
    check: Callable[[], Awaitable[bool]],
    seconds: float,
    *,
    called: str = "",
    reason: Callable[[], str] = str,
) -> None:
    """Wait until the check of a process passes. Errors speak of it as `called`, or by its name, and give the reason.

    Raises:
        CannotStart: it keeps dying, or the check did not pass within `seconds`.

    """
    name, log = called or process.name, process.log
    deadline = time.monotonic() + seconds
    while not await check():
        if process.deaths >= _MOST_DEATHS:
            raise CannotStart(f"{name} does not stay alive. The end of its log, {log}:\n{tail(log)}")
        if time.monotonic() > deadline:
            why = f" ({found})" if (found := reason()) else ""
            raise CannotStart(
                f"{name} was not ready within {seconds:g} s{why}. The end of its log, {log}:\n{tail(log)}"
            )
        await asyncio.sleep(_POLL_SECONDS)


def tail(log: Path) -> str:
    """The last lines of a log."""
    try:
        with log.open("rb") as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - _TAIL_BYTES))
            text = file.read().decode(errors="replace")
    except OSError:
        return "(empty)"
    return "\n".join(f"  {escaped(line)}" for line in text.splitlines()[-_TAIL_LINES:]) or "(empty)"
