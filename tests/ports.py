"""Ports for servers of the tests."""

from __future__ import annotations

import random

from services_stub.infra.config.ports import is_free

_RANGE = range(12_000, 20_000)
"""Below the ports that marketplaces choose, and below those that systems give to outgoing connections, which would
otherwise occupy a port between the moment at which it is found free and the one at which its server listens."""


def free_port() -> int:
    """A port on which no server listens, and which nothing takes by chance before one does."""
    return next(port for port in random.sample(_RANGE, len(_RANGE)) if is_free(port))
