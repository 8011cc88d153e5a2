"""One connection to Valkey or Redis that runs batches of script calls, and the place where its errors are mapped."""

from __future__ import annotations

from collections.abc import Sequence

import valkey
from valkey.exceptions import NoScriptError, OutOfMemoryError, ReadOnlyError, ResponseError

from services_stub.cart.store.scripts import SCRIPTS
from services_stub.runtime.errors import Unavailable

Reply = bytes | int | Exception

_TIMEOUT = 2.0
# The server is there but cannot do it now: out of memory, a full disk, a replica, still loading, busy, not allowed.
_NOT_NOW = ("OOM", "MISCONF", "READONLY", "LOADING", "BUSY", "MASTERDOWN", "NOREPLICAS", "NOPERM", "NOAUTH")


class StoreConnection:
    """Connects when first used, and again after a failure. Belongs to one thread."""

    def __init__(self, url: str) -> None:
        client = valkey.Valkey.from_url(url, socket_timeout=_TIMEOUT, socket_connect_timeout=_TIMEOUT)
        self._connection = client.connection_pool.make_connection()
        self._ready = False

    def run(self, calls: Sequence[bytes]) -> list[Reply]:
        """The replies to `calls`, all in one round trip. An error stands in the place of the call that it concerns.

        Raises:
            Unavailable: the store is away. A call may have been done all the same.
        """
        try:
            self._make_ready()
            replies = self._exchange(calls)
            unloaded = [place for place, reply in enumerate(replies) if isinstance(reply, NoScriptError)]
            if unloaded:
                self._load_scripts()
                again = self._exchange([calls[place] for place in unloaded])
                for place, reply in zip(unloaded, again, strict=True):
                    replies[place] = reply
        except (valkey.ConnectionError, valkey.TimeoutError, OSError) as error:
            self.close()
            raise Unavailable(f"cart store: {error}") from error
        return [_checked(reply) for reply in replies]

    def close(self) -> None:
        """Let go; the next batch connects again."""
        self._ready = False
        self._connection.disconnect()

    def _make_ready(self) -> None:
        if self._ready:
            try:
                idle = not self._connection.can_read(0)
            except (valkey.ConnectionError, OSError):
                idle = False
            if idle:
                return
            # The server hung up while nothing was asked, so nothing is lost by asking on a new connection.
            self.close()
        self._connection.connect()
        self._load_scripts()
        self._ready = True

    def _load_scripts(self) -> None:
        for script in SCRIPTS:
            self._connection.send_command("SCRIPT", "LOAD", script.source)
            reply = self._read()
            if isinstance(reply, ResponseError):
                raise valkey.ConnectionError(str(reply))

    def _exchange(self, calls: Sequence[bytes]) -> list[object]:
        self._connection.send_packed_command([b"".join(calls)], check_health=False)
        return [self._read() for _ in calls]

    def _read(self) -> object:
        try:
            reply: object = self._connection.read_response()
        except ResponseError as error:
            return error
        return reply


def _checked(reply: object) -> Reply:
    if isinstance(reply, bytes | int):
        return reply
    reason = f"cart store: {type(reply).__name__}: {reply}"
    if isinstance(reply, OutOfMemoryError | ReadOnlyError) or str(reply).startswith(_NOT_NOW):
        return Unavailable(reason)
    return RuntimeError(reason)
