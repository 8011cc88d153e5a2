"""Work in the background of the client, whose failures are never lost."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any


class Tasks:
    """Runs coroutines in the background. A bug in one of them is handed to `on_bug`, and the others go on."""

    def __init__(self, on_bug: Callable[[BaseException], None]) -> None:
        self._on_bug = on_bug
        self._running: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run `work`; the task can be cancelled."""
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._ended)
        return task

    async def idle(self) -> None:
        """Wait until nothing runs any more."""
        while self._running:
            await asyncio.wait(set(self._running))

    async def stop(self) -> None:
        """Cancel everything."""
        for task in tuple(self._running):
            task.cancel()
        if self._running:
            await asyncio.wait(set(self._running))

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._on_bug(error)
