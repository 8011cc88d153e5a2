"""The settings of one instance of a service. The supervisor makes them and hands them to the process it starts."""

from __future__ import annotations

from hashlib import blake2b
from pathlib import Path

import msgspec

from services_stub.contracts.control_faults import ServiceFault

INTERNAL_TOKEN = "x-internal-token"
"""The header with the token that opens internal routes."""

GATEWAY_TOKEN = "x-gateway-token"
"""The header with the token by which the gateway passes requests on; it opens no internal route."""


def gateway_token(internal_token: str) -> str:
    """The token of the gateway that belongs to a token of the services."""
    return blake2b(GATEWAY_TOKEN.encode(), key=internal_token.encode()[:64], digest_size=24).hexdigest()


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Where a service listens, what it reaches, and where it keeps its data.

    `internal_token` opens the routes that are only for other services. `event_sampling` is the share of the
    events of a sample that is published. `options` are the service's own. `faults` are in force from the start on;
    `seed` decides what those strike that do not strike all.
    """

    service: str
    instance: str
    host: str = "127.0.0.1"
    port: int
    bootstrap_servers: str
    kafka_config: dict[str, str] = {}
    data_dir: str
    database_url: str = ""
    peers: dict[str, str] = {}
    internal_token: str
    trace_sampling: float = 1.0
    event_sampling: float = 0.0
    options: dict[str, str] = {}
    seed: int = 0
    faults: list[ServiceFault] = []

    def url_of_database(self) -> str | Path:
        """The SQLAlchemy URL of the service's database, or by default the SQLite file in the service's directory."""
        return self.database_url or Path(self.data_dir) / f"{self.service}.db"
