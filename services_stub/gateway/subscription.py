"""The queue of one connection to the live stream."""

from __future__ import annotations

import asyncio
from collections import deque

from services_stub.gateway.positions import Offsets
from services_stub.runtime.tokens import Caller

LONGEST_QUEUE = 1000


class Subscription:
    """One connection's queue. All of it happens on the event loop.

    The client is at `offsets`. The queue begins at `joined`: what lies in between has to be read again first.
    """

    def __init__(self, caller: Caller, at: Offsets, longest: int) -> None:
        self.caller = caller
        self.closed = False
        self.offsets = self.joined = at
        self.overflowed = False
        self._queue: deque[bytes] = deque()
        self._longest = longest
        self._awake = asyncio.Event()

    def offer(self, message: bytes) -> None:
        """Queue a message; where the queue is full, all of it is dropped until the connection joins again."""
        if len(self._queue) >= self._longest:
            self.overflowed = True
        if self.overflowed:
            self._queue.clear()
        else:
            self._queue.append(message)
        self._awake.set()

    def join(self, at: Offsets) -> None:
        """Queue from here on; the topics are at `at`."""
        self.overflowed = False
        self.joined = at
        self._queue.clear()

    def close(self) -> None:
        """End the connection."""
        self.closed = True
        self._awake.set()

    async def wait(self, seconds: float) -> None:
        """Return when there is something to do, or after `seconds`."""
        try:
            async with asyncio.timeout(seconds):
                await self._awake.wait()
        except TimeoutError:
            return

    def take(self, at: Offsets) -> bytes:
        """All queued messages; the topics, and afterwards the client, are at `at`."""
        self._awake.clear()
        messages = b"".join(self._queue)
        self._queue.clear()
        self.offsets = self.joined = at
        return messages
