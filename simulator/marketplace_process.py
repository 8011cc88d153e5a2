"""A marketplace of its own: a child process on a temporary data directory, ended in every case."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from services_stub.client.control import NotRunning, read_state
from services_stub.contracts.control import State

_LOOK_SECONDS = 0.02
_DRAIN_SECONDS = 20.0
_KILL_SECONDS = 10.0
_LISTEN_SECONDS = 0.5
_GONE_SECONDS = 2.0
_LAST_LINES = 12


class NotStarted(Exception):
    """The marketplace did not come up; the message is its last output."""


@dataclass(frozen=True)
class StartOptions:
    """Options that are handed on to `marketplace up`."""

    kafka: str = ""
    kafka_config: Path | None = None
    rate_limit: str = ""
    links: tuple[str, ...] = ()

    def arguments(self) -> list[str]:
        """As command-line arguments."""
        kafka = ["--kafka", self.kafka] if self.kafka else []
        rate_limit = ["--rate-limit", self.rate_limit] if self.rate_limit else []
        links = [word for link in self.links for word in ("--link", link)]
        return [*kafka, *(["--kafka-config", str(self.kafka_config)] if self.kafka_config else []), *rate_limit, *links]


class MarketplaceProcess:
    """Starts the marketplace, gives its state, and ends it. `progress` gets every line that it prints meanwhile."""

    def __init__(
        self, options: StartOptions, progress: Callable[[str], None], command: Sequence[str] | None = None
    ) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="marketplace-"))
        self._command = command or [sys.executable, "-m", "services_stub"]
        self.options = options
        self._on_progress = progress
        self._last_lines: deque[str] = deque(maxlen=_LAST_LINES)
        self._process: asyncio.subprocess.Process | None = None
        self._listening: asyncio.Task[None] | None = None
        self._state: State | None = None

    @property
    def state(self) -> State:
        """The state of the marketplace, once it has started."""
        if self._state is None:
            raise NotStarted("it has not started yet")
        return self._state

    @property
    def logs(self) -> Path:
        """Where the processes write what they do."""
        return self.directory / "logs"

    async def begin(self) -> None:
        """Begin to start everything."""
        arguments = ["up", "--data-dir", str(self.directory), *self.options.arguments()]
        self._process = await asyncio.create_subprocess_exec(
            *self._command,
            *arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,  # a Ctrl-C in the terminal is its owner's, who then ends the marketplace
        )
        self._listening = asyncio.create_task(self._listen(self._process))

    async def ready(self) -> State:
        """Wait until everything is ready.

        Raises:
            NotStarted: it could not start; the message is its last output.

        """
        if self._process is None or self._listening is None:
            raise NotStarted("it was not begun")
        while (state := self._read_state()) is None or state.phase != "running":
            if self._process.returncode is not None:
                await asyncio.wait([self._listening], timeout=_LISTEN_SECONDS)
                raise NotStarted("\n".join(self._last_lines) or f"it ended with {self._process.returncode}")
            await asyncio.sleep(_LOOK_SECONDS)
        self._state = state
        return state

    async def stop(self) -> list[int]:
        """End everything; the processes that are still there (none, if all is well)."""
        state = self._state or self._read_state()
        if self._process is not None and self._process.returncode is None:
            for number, seconds in ((signal.SIGTERM, _DRAIN_SECONDS), (signal.SIGTERM, _KILL_SECONDS)):
                self._process.send_signal(number)
                if await self._ended_within(seconds):
                    break
            else:
                self._process.kill()
        if self._listening is not None:
            await asyncio.wait([self._listening], timeout=_LISTEN_SECONDS)
            self._listening.cancel()
        deadline = time.monotonic() + _GONE_SECONDS
        while (left := [pid for pid in sorted(state.pids if state else ()) if _alive(pid)]) and (
            time.monotonic() < deadline
        ):
            await asyncio.sleep(_LOOK_SECONDS)
        return left

    def kill_now(self) -> None:
        """Ask the marketplace once more to end, which makes it kill its processes instead of draining them."""
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(signal.SIGTERM)

    def remove(self) -> None:
        """Remove the data directory."""
        shutil.rmtree(self.directory)

    async def _ended_within(self, seconds: float) -> bool:
        """Whether the process ended. `Process.wait` would also wait for the processes that inherited its output."""
        assert self._process is not None
        deadline = time.monotonic() + seconds
        while self._process.returncode is None and time.monotonic() < deadline:
            await asyncio.sleep(_LOOK_SECONDS)
        return self._process.returncode is not None

    async def _listen(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        async for raw in process.stdout:
            line = raw.decode(errors="replace").rstrip()
            if line:
                self._last_lines.append(line)
                self._on_progress(line)

    def _read_state(self) -> State | None:
        try:
            return read_state(self.directory)
        except NotRunning:
            return None


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
