"""The HTTP server of the control API: uvicorn on the supervisor's event loop, listening from the first moment on."""

from __future__ import annotations

import socket

import uvicorn

from services_stub.http_server.configuration import server_config
from services_stub.infra.supervisor.control import Application

_GRACE_SECONDS = 1


class ControlServer:
    """Uvicorn without its main loop, which would wake the supervisor ten times a second, and without its signals."""

    def __init__(self, application: Application, host: str, port: int) -> None:
        config = server_config(application, grace_seconds=_GRACE_SECONDS)
        config.load()
        self._server = uvicorn.Server(config)
        self._server.server_state.default_headers = config.encoded_headers
        self._server.lifespan = config.lifespan_class(config)
        self._listener = socket.create_server((host, port))

    async def start(self) -> None:
        """Answer requests."""
        await self._server.startup(sockets=[self._listener])

    async def stop(self) -> None:
        """Answer the requests that came, at most for a second, and close all connections."""
        await self._server.shutdown(sockets=[self._listener])
