"""The limit on operations in flight, and the two honest ways to keep it: to queue, or to drop."""

from __future__ import annotations

import asyncio
from enum import Enum


class WhenFull(Enum):
    """The treatment of an operation that is due while as many as allowed are in flight."""

    QUEUE = "queue"
    """It waits, which counts as response time and start lag."""
    DROP = "drop"
    """It is not sent, which is counted, and its session ends."""


class InFlight:
    """At most `limit` operations at a time; without one, any number."""

    def __init__(self, limit: int | None, when_full: WhenFull) -> None:
        self._places = None if limit is None else asyncio.Semaphore(limit)
        self._drop = when_full is WhenFull.DROP

    async def enter(self) -> bool:
        """Take a place; False if the operation is to be dropped."""
        if self._places is None:
            return True
        if self._drop and self._places.locked():
            return False
        await self._places.acquire()
        return True

    def leave(self) -> None:
        """Give the place back."""
        if self._places is not None:
            self._places.release()
