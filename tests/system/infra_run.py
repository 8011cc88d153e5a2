"""A marketplace of stand-ins in a process of its own, and what a test may do to it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import psutil

from services_stub.client.control import ControlClient, NotRunning, read_state
from services_stub.contracts.control import Phase, ServiceState, State
from services_stub.infra.config.options import Options
from tests.waiting import wait_for

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
        wait_for(lambda: self.is_in("running") or self.process.poll() is not None, seconds=seconds, what="ready")
        assert self.process.poll() is None, self.output()
        return self

    def is_in(self, phase: Phase) -> bool:
        """Whether the state file says that the marketplace is in a phase."""
        try:
            return self.state().phase == phase
        except NotRunning:
            return False

    def state(self) -> State:
        """The state file; NotRunning if there is none."""
        return read_state(self.directory)

    def pid(self, name: str) -> int:
        """The process of a service, of the broker or of the store, as in the state file; 0 while there is none."""
        return self.state().pid_of(name)

    @property
    def control(self) -> ControlClient:
        """A client of the control API."""
        return ControlClient.of(self.state())

    def service(self, name: str) -> ServiceState:
        """The present state of a service."""
        return self.control.status().service(name)

    def family(self) -> list[psutil.Process]:
        """All processes of the run."""
        parent = psutil.Process(self.process.pid)
        return [parent, *parent.children(recursive=True)]

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and wait; the exit code."""
        self.process.send_signal(number)
        return self.process.wait(30)

    def output(self) -> str:
        """Its output, after its end."""
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
    """Whether all the processes end within some seconds. A zombie has ended, too."""
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
