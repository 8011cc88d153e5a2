"""The state file of a running marketplace: what its parts are, how to reach them, and the keys to it."""

from __future__ import annotations

from pathlib import Path

import msgspec

from services_stub.infra.config.credentials import Credential, replace_private
from services_stub.infra.config.directory import DataDirectory
from services_stub.infra.config.errors import NotRunning


class Body(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A part of the state, or of an answer of the control API."""


class KafkaState(Body, frozen=True, kw_only=True):
    """`mode` is embedded, apache or external."""

    mode: str
    bootstrap_servers: str


class ProcessState(Body, frozen=True, kw_only=True):
    """One supervised process; `pid` is 0 while there is none."""

    name: str
    pid: int
    restarts: int
    paused: bool


class ServiceState(Body, frozen=True, kw_only=True):
    """One service. With `--processes 1` all have the same pid. `ready` is known to the control API only."""

    name: str
    pid: int
    port: int
    ready: bool
    restarts: int
    paused: bool


class Status(Body, frozen=True, kw_only=True):
    """What `marketplace status --json` and `GET /status` answer."""

    gateway: str
    kafka: KafkaState
    cart_store: str
    data_dir: str
    services: list[ServiceState]
    infrastructure: list[ProcessState]
    phase: str
    started_at: str
    supervisor_pid: int
    launcher_pid: int
    seed: int


class State(Status, frozen=True, kw_only=True):
    """The state file: the status, and the keys to the marketplace."""

    control_url: str
    control_token: str
    internal_token: str
    users: list[Credential]

    def url_of(self, service: str) -> str:
        """Where a service listens itself, behind the gateway."""
        port = next(found.port for found in self.services if found.name == service)
        return f"http://127.0.0.1:{port}"


def write(path: Path, state: State) -> None:
    """Replace the state file."""
    replace_private(path, msgspec.json.format(msgspec.json.encode(state)))


def read(directory: DataDirectory) -> State:
    """The state of the marketplace on the directory."""
    try:
        return msgspec.json.decode(directory.state_file.read_bytes(), type=State)
    except (OSError, msgspec.MsgspecError):
        raise NotRunning(f"No marketplace runs on {directory.root}. Start one with `marketplace up`.") from None
