"""The broker's socket: who may connect, how much, and which function carries out a request."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Mapping
from functools import cache

from services_stub.infra.kafka.broker import errors
from services_stub.infra.kafka.broker.codec import Malformed, decoder, encoder, is_flexible
from services_stub.infra.kafka.broker.connection import Call, Connection, Limits
from services_stub.infra.kafka.broker.context import Context, Handler, Message
from services_stub.infra.kafka.broker.definitions import definitions, within
from services_stub.infra.kafka.broker.faults import Faults
from services_stub.infra.kafka.broker.peers import is_own

API_VERSIONS = 18
_BACKLOG = 512


class Server:
    """Listens on one address. `highest` caps the versions of a kind where a later one asks for what is not there."""

    def __init__(
        self,
        handlers: Mapping[int, Handler],
        highest: Mapping[int, int],
        faults: Faults,
        limits: Limits | None = None,
        admits: Callable[[tuple[str, int], tuple[str, int]], bool] = is_own,
    ) -> None:
        self.faults = faults
        self.limits = limits or Limits()
        self.loop: asyncio.AbstractEventLoop
        self._handlers = {**handlers, API_VERSIONS: self._api_versions}
        self.versions = {key: _versions(key, highest) for key in sorted(self._handlers)}
        self.call: Callable[[int, int], Call] = cache(self._call)
        """How requests of a kind and version are carried out; Malformed where there are none, as Kafka takes it."""
        self.connections: set[Connection] = set()
        self._admits = admits
        self._listening: asyncio.Server | None = None

    async def listen(self, host: str, port: int) -> None:
        """Accept connections; does nothing where it does already. OSError where the port is taken."""
        if self._listening is None:
            self.loop = asyncio.get_running_loop()
            listener = socket.create_server((host, port))
            made = self.loop.create_server(lambda: Connection(self), sock=listener, backlog=_BACKLOG)
            self._listening = await made

    @property
    def port(self) -> int:
        """The port, while it listens."""
        assert self._listening is not None
        return int(self._listening.sockets[0].getsockname()[1])

    async def refuse(self) -> None:
        """Cut all connections, and refuse new ones."""
        if self._listening is not None:
            self._listening.close()
            self._listening = None
        for connection in list(self.connections):
            connection.cut()

    def admit(self, connection: Connection, peer: tuple[str, int], own: tuple[str, int]) -> bool:
        """Take a new connection, unless there are too many or the peer is another user of this machine."""
        if len(self.connections) >= self.limits.connections or not self._admits(peer, own):
            return False
        self.connections.add(connection)
        return True

    def _call(self, api_key: int, version: int) -> Call:
        versions = self.versions.get(api_key)
        if versions is None:
            raise Malformed("there is no such kind of request here")
        if not within(version, versions):
            if api_key != API_VERSIONS:
                raise Malformed("there is no such version here")
            # A client that is newer asks again with one of the versions that this answer names (KIP-35). A request of
            # version 0 is empty, so whatever this one has is not read.
            version = 0
        return Call(
            decoder("request", api_key, version),
            encoder("response", api_key, version),
            self._handlers[api_key],
            is_flexible("request", api_key, version),
            is_flexible("response", api_key, version) and api_key != API_VERSIONS,
        )

    def _api_versions(self, _: Message, context: Context) -> Message:
        known = within(context.version, self.versions[API_VERSIONS])
        return {
            "error_code": errors.NONE if known else errors.UNSUPPORTED_VERSION,
            "api_keys": [
                {"api_key": key, "min_version": first, "max_version": last}
                for key, (first, last) in self.versions.items()
            ],
        }


def _versions(api_key: int, highest: Mapping[int, int]) -> tuple[int, int]:
    first, last = definitions()["request", api_key].versions
    return first, min(last, highest.get(api_key, last))
