"""One configuration of uvicorn, for the services and for the supervisor's control API."""

from __future__ import annotations

from typing import Any

import uvicorn


def server_config(application: Any, *, grace_seconds: int, **listening: Any) -> uvicorn.Config:
    """Uvicorn on an event loop that runs already, without its logs, and without headers that say what it is.

    `grace_seconds` is how long it waits at its end for requests under way; `listening` is host and port, unless it is
    given a socket.
    """
    return uvicorn.Config(
        application,
        loop="none",
        http="httptools",
        ws="none",
        interface="asgi3",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        date_header=False,
        timeout_graceful_shutdown=grace_seconds,
        backlog=1024,
        **listening,
    )
