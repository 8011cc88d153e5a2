"""A marketplace of stand-ins in a process of its own, and what a test may do to it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import psutil

from services_stub.infra.config.options import Options
from tests.system.marketplace import wait_for

ROOT = Path(__file__).resolve().parents[2]


class Run:
    """One run of the supervisor on a data directory."""

    def __init__(self, directory: Path, *, system: str = "fakes", kafka: str = "embedded", **options: Any) -> None:
        self.directory = directory
        chosen = Options(directory=str(directory), kafka=kafka, **options)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.system.infra_fakes", msgspec.json.encode(chosen).decode(), system],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def ready(self, seconds: float = 30.0) -> Run:
        """Wait until everything is ready."""
        wait_for(lambda: self.state().get("phase") == "running" or self.process.poll(), seconds=seconds, what="ready")
        assert self.process.poll() is None, self.output()
        return self

    def state(self) -> dict[str, Any]:
        """The state file; empty if there is none."""
        try:
            found: dict[str, Any] = json.loads((self.directory / "marketplace.json").read_text())
        except FileNotFoundError:
            return {}
        return found

    def pid(self, name: str) -> int:
        """The process of a service, of the broker or of the store."""
        state = self.state()
        return next((part["pid"] for part in state["services"] + state["infrastructure"] if part["name"] == name), 0)

    def control(self, method: str, path: str, body: dict[str, Any] | None = None, token: str = "") -> tuple[int, Any]:
        """Ask the control API: status and body."""
        state = self.state()
        request = urllib.request.Request(
            state["controlUrl"] + path,
            data=json.dumps(body).encode() if body is not None else None,
            headers={"authorization": f"Bearer {token or state['controlToken']}"},
            method=method,
        )
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as refusal:
            with refusal:
                return refusal.code, json.loads(refusal.read())

    def service(self, name: str) -> dict[str, Any]:
        """What the status says of a service."""
        _, status = self.control("GET", "/status")
        found: dict[str, Any] = next(service for service in status["services"] if service["name"] == name)
        return found

    def family(self) -> list[psutil.Process]:
        """All processes of the run."""
        parent = psutil.Process(self.process.pid)
        return [parent, *parent.children(recursive=True)]

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and wait; the exit code."""
        self.process.send_signal(number)
        return self.process.wait(30)

    def output(self) -> str:
        """What it printed, after its end."""
        assert self.process.stdout is not None
        self.process.wait(30)
        return self.process.stdout.read()


@contextmanager
def run(directory: Path, **options: Any) -> Iterator[Run]:
    """A run that is over when the test is."""
    started = Run(directory, **options)
    try:
        yield started
    finally:
        family = started.family() if started.process.poll() is None else []
        if family:
            started.process.terminate()
            _, alive = psutil.wait_procs(family, timeout=30)
            for process in alive:
                process.kill()
        started.process.wait(30)
        assert started.process.stdout is not None
        started.process.stdout.close()


def gone(processes: list[psutil.Process], seconds: float = 5.0) -> bool:
    """Whether all the processes end within some seconds. One that nobody waited for yet has ended, too."""
    wait_for(lambda: not any(map(_lives, processes)), seconds=seconds, what=f"the end of {processes}")
    return True


def _lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def kill(pid: int) -> None:
    """As kill -9 does."""
    os.kill(pid, signal.SIGKILL)
