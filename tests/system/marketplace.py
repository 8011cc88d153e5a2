"""A marketplace of real processes for tests: started by the command that users type, ended with the test."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from services_stub.client import MarketplaceClient

COMMAND = [sys.executable, "-m", "services_stub"]
SERVICES = ("auth", "product", "cart", "order", "payment", "notification", "gateway")
PASSWORD = "a-long-password"

T = TypeVar("T")


class Marketplace:
    """A running marketplace: its addresses, its processes, and how to disturb them."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.state: dict[str, Any] = json.loads((directory / "marketplace.json").read_text())
        self.gateway: str = self.state["gateway"]
        self.bootstrap_servers: str = self.state["kafka"]["bootstrapServers"]

    def status(self) -> dict[str, Any]:
        """What `marketplace status --json` says."""
        command = [*COMMAND, "status", "--json", "--data-dir", str(self.directory)]
        result = subprocess.run(command, check=True, capture_output=True, timeout=30)
        found: dict[str, Any] = json.loads(result.stdout)
        return found

    def service(self, name: str) -> dict[str, Any]:
        """The status of one service."""
        found: dict[str, Any] = next(service for service in self.status()["services"] if service["name"] == name)
        return found

    def control(self, path: str, body: dict[str, Any] | None = None) -> None:
        """Ask the supervisor's control API."""
        request = urllib.request.Request(
            self.state["controlUrl"] + path,
            data=json.dumps(body or {}).encode(),
            headers={"authorization": f"Bearer {self.state['controlToken']}"},
            method="POST",
        )
        with urllib.request.urlopen(request, timeout=10) as response:
            response.read()

    def signal(self, name: str, number: signal.Signals) -> int:
        """Send a signal to the process of a service; its pid."""
        pid: int = self.service(name)["pid"]
        os.kill(pid, number)
        return pid

    def client(self) -> MarketplaceClient:
        """A client of a new guest."""
        return MarketplaceClient(self.gateway, timeout=30.0)

    def credentials(self, role: str) -> tuple[str, str]:
        """E-mail and password of the seeded account with a role."""
        found = next(user for user in self.state["users"] if user["role"] == role)
        return found["email"], found["password"]


@contextmanager
def running_marketplace(*options: str) -> Iterator[Marketplace]:
    """A marketplace on free ports and a data directory of its own; nothing of it is left afterwards."""
    directory = Path(tempfile.mkdtemp(prefix="marketplace-test-"))
    command = [*COMMAND, "up", "--detach", "--data-dir", str(directory), *options]
    try:
        result = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
        assert result.returncode == 0, result.stdout + result.stderr
        yield Marketplace(directory)
    finally:
        subprocess.run([*COMMAND, "down", "--data-dir", str(directory)], capture_output=True, timeout=60, check=False)
        shutil.rmtree(directory)


def wait_for(condition: Callable[[], T], *, seconds: float = 30.0, what: str = "the condition") -> T:
    """Wait until `condition` gives something true; what it gave."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, f"{what} did not come true within {seconds} s"
        time.sleep(0.02)
    return found
