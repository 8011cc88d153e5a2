"""A marketplace of real processes for tests: started by the command that users type, ended with the test."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from services_stub.client import MarketplaceClient
from services_stub.client.control import ControlClient, read_state
from services_stub.contracts.control import ServiceState

COMMAND = [sys.executable, "-m", "services_stub"]

PASSWORD = "a-long-password"

FOR_TESTS = "address=20000,guests=0,login-address=2000"
"""Limits that many people at one machine do not come to; those of one client and account are the usual ones."""


class Marketplace:
    """A running marketplace: its addresses, its processes, and how to disturb them."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.state = read_state(directory)
        self.control = ControlClient.of(self.state)
        self.gateway = self.state.gateway
        self.bootstrap_servers = self.state.kafka.bootstrap_servers

    def service(self, name: str) -> ServiceState:
        """The present state of one service."""
        return self.control.status().service(name)

    def signal(self, name: str, number: signal.Signals) -> int:
        """Send a signal to the process of a service; its pid."""
        pid = self.service(name).pid
        os.kill(pid, number)
        return pid

    def kill_supervisor(self) -> None:
        """Kill (-9) the process that looks after the others, which end then."""
        os.kill(self.state.supervisor_pid, signal.SIGKILL)

    def start_again(self) -> None:
        """Start it in the background, on the data and ports that it had."""
        _start(self.directory)
        self.state = read_state(self.directory)
        self.control = ControlClient.of(self.state)

    def client(self) -> MarketplaceClient:
        """A client of a new guest."""
        return MarketplaceClient(self.gateway, timeout=30.0)

    def credentials(self, role: str) -> tuple[str, str]:
        """E-mail and password of the seeded account with a role."""
        user = self.state.user(role)
        return user.email, user.password


@contextmanager
def running_marketplace(*options: str) -> Iterator[Marketplace]:
    """A marketplace on free ports and a data directory of its own; nothing of it is left afterwards."""
    directory = Path(tempfile.mkdtemp(prefix="marketplace-test-"))
    try:
        _start(directory, *options)
        yield Marketplace(directory)
    finally:
        subprocess.run([*COMMAND, "down", "--data-dir", str(directory)], capture_output=True, timeout=60, check=False)
        shutil.rmtree(directory)


def _start(directory: Path, *options: str) -> None:
    command = [*COMMAND, "up", "--detach", "--data-dir", str(directory), "--rate-limit", FOR_TESTS, *options]
    result = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
