"""The broker's socket: who may connect, how much, and which function carries out a request."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Mapping
from functools import cache
from typing import NamedTuple

import msgspec

from services_stub.infra.kafka.broker import errors
from services_stub.infra.kafka.broker.codec import Decode, Encode, Malformed, decoder, encoder, is_flexible
from services_stub.infra.kafka.broker.context import Answering, Context, Handler, Message
from services_stub.infra.kafka.broker.definitions import definitions, within
from services_stub.infra.kafka.broker.faults import Faults
from services_stub.infra.kafka.broker.peers import Address, is_own

API_VERSIONS = 18
_BACKLOG = 512


class Limits(msgspec.Struct, frozen=True):
    """Bytes of one request, and connections at a time."""

    request_bytes: int = 100 * 1024 * 1024
    connections: int = 10_000


class Call(NamedTuple):
    """How requests of one kind and version are read, carried out and answered."""

    decode: Decode
    encode: Encode
    handler: Handler
    flexible_request: bool
    flexible_response: bool


class Server:
    """Listens on `addresses`, where each client gets a `connection`, and is told to reach the node by the port beside.

    `highest` caps the versions of a kind where a later one asks for what is not there. With `of_strangers`, a
    connection has these requests and ApiVersions alone until one of them lets it in.
    """

    def __init__(
        self,
        addresses: Mapping[Address, int],
        connection: Callable[[Server], asyncio.Protocol],
        handlers: Mapping[int, Handler],
        highest: Mapping[int, int],
        faults: Faults,
        limits: Limits | None = None,
        admits: Callable[[Address, Address], bool] = is_own,
        of_strangers: Mapping[int, Handler] | None = None,
    ) -> None:
        self.faults = faults
        self.limits = limits or Limits()
        self.loop: asyncio.AbstractEventLoop
        self._of_strangers = {**(of_strangers or {}), API_VERSIONS: self._api_versions}
        self._handlers = {**handlers, **self._of_strangers}
        self.versions = {key: _versions(key, highest) for key in sorted(self._handlers)}
        self.call: Callable[[int, int], Call] = cache(self._call)
        """How requests of a kind and version are carried out; Malformed where there are none, as Kafka takes it."""
        self.first_call: Callable[[int, int], Call] = self._call_of_stranger if of_strangers else self.call
        """The same, for a connection whose client has not said who it is."""
        self.connections: set[Answering] = set()
        self.addresses, self._connection = addresses, connection
        self._admits = admits
        self._listening: list[asyncio.Server] = []

    async def listen(self) -> None:
        """Accept connections; does nothing where it does already. OSError, and none, where a port is taken."""
        if not self._listening:
            self.loop = asyncio.get_running_loop()
            try:
                for own in self.addresses:
                    listener = socket.create_server(own)
                    made = self.loop.create_server(lambda: self._connection(self), sock=listener, backlog=_BACKLOG)
                    self._listening.append(await made)
            except OSError:
                await self.refuse()
                raise

    async def refuse(self) -> None:
        """Cut all connections, and refuse new ones."""
        while self._listening:
            self._listening.pop().close()
        for connection in list(self.connections):
            connection.cut()

    def admit(self, connection: Answering, peer: Address, own: Address) -> bool:
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

    def _call_of_stranger(self, api_key: int, version: int) -> Call:
        if api_key not in self._of_strangers:
            raise Malformed("the client has not said who it is")
        return self.call(api_key, version)

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
