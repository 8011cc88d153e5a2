"""The ports that a marketplace listens on: free ones, the same as last time where they are still free.

Ports are taken below the range from which systems pick the local end of outgoing connections. One picked from there
could be occupied by such a connection while its server restarts, and a client that keeps trying to reach the dead
server could even connect to itself.
"""

from __future__ import annotations

import random
import socket
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from services_stub.infra.config.errors import CannotStart

HOST = "127.0.0.1"
GATEWAY_PORT = 8080
_GATEWAY_TRIES = 100
FREE_RANGE = range(20_000, 32_000)


class PortClaims:
    """The ports that this process has claimed, until it ends.

    Two marketplaces that start at the same moment would find the same ports free. A claim is the UDP port of the same
    number, which nothing else here needs and which only one process can have.
    """

    def __init__(self) -> None:
        self._held: list[socket.socket] = []

    def take(self, port: int) -> bool:
        """Claim a port, if a server could listen on it now."""
        claim = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            claim.bind((HOST, port))
        except OSError:
            claim.close()
            return False
        if not is_free(port):
            claim.close()
            return False
        self._held.append(claim)
        return True

    def choose(self, names: Iterable[str], previous: Mapping[str, int]) -> dict[str, int]:
        """Claim a port for every name, its previous one if it can be had."""
        chosen: dict[str, int] = {}
        candidates = random.SystemRandom().sample(FREE_RANGE, len(FREE_RANGE))
        for name in names:
            port = previous.get(name, 0)
            while not port or not self.take(port):
                if not candidates:
                    raise CannotStart(f"No port of {HOST} from {FREE_RANGE[0]} to {FREE_RANGE[-1]} is free.")
                port = candidates.pop()
            chosen[name] = port
        return chosen

    def choose_gateway(self, wanted: int | None) -> int:
        """Claim exactly the wanted port, or 8080 or the next free one."""
        if wanted is not None:
            if not self.take(wanted):
                raise CannotStart(
                    f"Port {wanted} is in use by another program, or may not be used. "
                    "Choose another with --port, or leave it away for a free one."
                )
            return wanted
        for port in range(GATEWAY_PORT, GATEWAY_PORT + _GATEWAY_TRIES):
            if self.take(port):
                return port
        last = GATEWAY_PORT + _GATEWAY_TRIES - 1
        raise CannotStart(f"No port from {GATEWAY_PORT} to {last} is free. Choose one with --port.")


def is_free(port: int) -> bool:
    """Whether a server could listen on the port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
            listener.listen(1)
        except OSError:
            return False
    return True


def remembered(path: Path) -> dict[str, int]:
    """The ports of the last run; none if there was none."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, int])
    except (OSError, msgspec.MsgspecError):
        return {}


def remember(path: Path, ports: Mapping[str, int]) -> None:
    """Keep the ports for the next run."""
    path.write_bytes(msgspec.json.encode(ports))
