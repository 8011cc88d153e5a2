"""Carries the script calls of many requests to the store: waiting calls go out together, as one round trip."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Sequence

from services_stub.cart.store.connection import Reply, StoreConnection
from services_stub.runtime.completions import Completions
from services_stub.runtime.errors import Unavailable

MOST_WAITING = 5_000
LARGEST_BATCH = 256

_Entry = tuple[bytes, "asyncio.Future[bytes | int]"]


class Executor:
    """One thread with one connection. Calls are done in the order in which they were given."""

    def __init__(self, connection: StoreConnection) -> None:
        self._connection = connection
        self._entries: queue.SimpleQueue[_Entry | None] = queue.SimpleQueue()
        self._completions = Completions()
        self._thread = threading.Thread(target=self._run, name="cart-store", daemon=True)

    def start(self) -> None:
        """Begin to work; calls given before this wait."""
        self._thread.start()

    def stop(self, timeout: float) -> None:
        """Finish the calls that were given, then disconnect."""
        self._entries.put(None)
        self._thread.join(timeout)

    def run(self, call: bytes) -> asyncio.Future[bytes | int]:
        """The reply to a script call, for the event loop that asks.

        Raises:
            Unavailable: the store is away, or so slow that thousands wait already.
        """
        if self._entries.qsize() >= MOST_WAITING:
            raise Unavailable("cart store: too many requests wait")
        future: asyncio.Future[bytes | int] = asyncio.get_running_loop().create_future()
        self._entries.put((call, future))
        return future

    def step(self) -> bool:
        """Wait for a call and do all that wait; False once it was stopped."""
        first = self._entries.get()
        if first is None:
            return False
        batch, more = [first], True
        while more and len(batch) < LARGEST_BATCH:
            try:
                entry = self._entries.get_nowait()
            except queue.Empty:
                break
            if entry is None:
                more = False
            else:
                batch.append(entry)
        self._carry_out(batch)
        return more

    def _carry_out(self, batch: list[_Entry]) -> None:
        replies: Sequence[Reply]
        try:
            replies = self._connection.run([call for call, _ in batch])
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001 - those who wait hear of it: Unavailable, or a bug
            replies = [error] * len(batch)
        for (_, future), reply in zip(batch, replies, strict=True):
            if isinstance(reply, Exception):
                self._completions.add(future, None, reply)
            else:
                self._completions.add(future, reply)
        self._completions.deliver()

    def _run(self) -> None:
        try:
            while self.step():
                pass
        finally:
            self._connection.close()
