"""One process that the supervisor keeps alive: whether it is wanted, its present state, and how it ended."""

from __future__ import annotations

import signal
import time
from dataclasses import dataclass, field
from pathlib import Path

from services_stub.infra.processes import protocol
from services_stub.infra.processes.backoff import RestartBackoff
from services_stub.infra.processes.channel import Channel
from services_stub.runtime.errors import EXIT_START_OVER


@dataclass(eq=False)
class ManagedProcess:
    """A process that is kept alive while it is `wanted`; `pid` is 0 while there is none."""

    command: protocol.Start
    pid: int = 0
    wanted: bool = True
    starting: bool = False
    paused: bool = False
    ending: bool = False
    starts: int = 0
    deaths: int = 0
    started_at: float = 0.0
    channel: Channel | None = None
    backoff: RestartBackoff = field(default_factory=RestartBackoff)

    @property
    def name(self) -> str:
        """The name that commands and reports use."""
        return self.command.name

    @property
    def log(self) -> Path:
        """The file that its output goes to."""
        return Path(self.command.log)

    @property
    def restarts(self) -> int:
        """How often it was started again."""
        return max(0, self.starts - 1)

    def has_started(self, pid: int) -> None:
        """Note that the process runs."""
        self.pid = pid
        self.starts += 1
        self.started_at = time.monotonic()
        self.paused = self.ending = self.starting = False

    def has_ended(self, status: int) -> float:
        """Note that the process is gone; the seconds to wait before it is started again."""
        lived = time.monotonic() - self.started_at
        self.pid = 0
        if self.ending:
            return 0.0
        self.deaths += 1
        if status == EXIT_START_OVER:
            return 0.0
        return self.backoff.after(lived)


def describe_end(status: int) -> str:
    """An exit status in words."""
    if status >= 0:
        return f"exit code {status}"
    try:
        return f"killed by {signal.Signals(-status).name}"
    except ValueError:
        return f"killed by signal {-status}"
