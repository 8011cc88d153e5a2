"""One configuration of uvicorn, for the services and for the supervisor's control API."""

from __future__ import annotations

import resource
from collections.abc import Collection
from functools import partial
from typing import Any, cast

import uvicorn

from services_stub.http_server.admission import Admission
from services_stub.http_server.connection import BoundedConnection, Waiting

MOST_CONNECTIONS = 10_000
_OTHER_DESCRIPTORS = 64
"""Files, and connections that do not belong to a request."""


def server_config(
    application: Any, *, grace_seconds: int, hosts: Collection[str] = (), **listening: Any
) -> uvicorn.Config:
    """Uvicorn on an event loop that runs already, without its logs, and without headers that say what it is.

    `grace_seconds` is how long it waits at its end for requests under way; `hosts` are the names, beside those of
    loopback, under which it may be asked; `listening` is host and port, unless it is given a socket.
    """
    return uvicorn.Config(
        Admission(application, hosts),
        loop="none",
        http=cast("Any", partial(BoundedConnection, waiting=Waiting(most_connections()))),
        ws="none",
        interface="asgi3",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        date_header=False,
        headers=[("x-content-type-options", "nosniff")],
        timeout_graceful_shutdown=grace_seconds,
        backlog=1024,
        **listening,
    )


def most_connections() -> int:
    """How many connections a server keeps: each may need a second descriptor, to ask another service."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return MOST_CONNECTIONS
    return max(1, min(MOST_CONNECTIONS, (soft - _OTHER_DESCRIPTORS) // 2))
