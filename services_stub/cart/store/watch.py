"""Looks once a second whether the store takes what is written to it, also while no request asks for a cart."""

from __future__ import annotations

import time

from services_stub.cart.store.connection import StoreConnection

EVERY = 1.0
"""Seconds."""

_WRITE = b"*5\r\n$3\r\nSET\r\n$5\r\nwatch\r\n$1\r\n1\r\n$2\r\nEX\r\n$2\r\n60\r\n"


class StoreWatch:
    """The state of the store as a connection of its own finds it. `look` belongs to one thread."""

    def __init__(self, connection: StoreConnection) -> None:
        self._connection = connection
        self._answered_at = time.monotonic()
        self._silent = False

    def look(self) -> bool:
        """Write something.

        Raises:
            Unavailable: the store does not take it.
        """
        try:
            (reply,) = self._connection.run([_WRITE])
            if isinstance(reply, Exception):
                raise reply
        except BaseException:
            self._silent = True
            raise
        self._answered_at, self._silent = time.monotonic(), False
        return False

    def silence(self) -> float:
        """The seconds for which the store has taken nothing; 0 where it does."""
        return time.monotonic() - self._answered_at if self._silent else 0.0
