"""Serves the client to browsers of this machine, one process for each visitor, by textual-serve.

Any page that a browser shows can connect to a WebSocket on loopback. So requests need a Host of this machine, and an
Origin that is this page's own, or they are refused.
"""

from __future__ import annotations

import shlex
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from aiohttp import web
from textual_serve.server import Server

HOST = "127.0.0.1"
_NAMES = (HOST, "localhost")

Next = Callable[[web.Request], Awaitable[web.StreamResponse]]


def serve(command: Sequence[str], port: int) -> None:
    """Serve until Ctrl-C.

    Raises:
        OSError: the port is taken.

    """
    _Server(command, port).serve()


class _Server(Server):
    def __init__(self, command: Sequence[str], port: int) -> None:
        super().__init__(
            shlex.join(command), host=HOST, port=port, title="Marketplace", templates_path=Path(__file__).parent
        )

    async def _make_app(self) -> web.Application:
        app = await super()._make_app()
        app.middlewares.append(self._only_from_here)
        return app

    async def on_startup(self, app: web.Application) -> None:  # noqa: ARG002 - the base's
        """Say where it is."""
        self.console.print(f"The client is at {self.public_url} until Ctrl-C.", highlight=False)

    @web.middleware
    async def _only_from_here(self, request: web.Request, handler: Next) -> web.StreamResponse:
        hosts = {f"{name}:{self.port}" for name in _NAMES}
        origin = request.headers.get("Origin")
        if request.host not in hosts or (origin is not None and origin.removeprefix("http://") not in hosts):
            raise web.HTTPForbidden(text="only pages of this server may use it")
        return await handler(request)
