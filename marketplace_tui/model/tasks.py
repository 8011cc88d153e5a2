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
        self._lasting: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[Any, Any, None], *, lasting: bool = False) -> asyncio.Task[None]:
        """Run `work`; the task can be cancelled. Work that is `lasting` goes on until then."""
        task = asyncio.create_task(work)
        (self._lasting if lasting else self._running).add(task)
        task.add_done_callback(self._ended)
        return task

    async def idle(self) -> None:
        """Wait until nothing runs but what lasts."""
        while self._running:
            await asyncio.wait(set(self._running))

    async def stop(self) -> None:
        """Cancel everything."""
        tasks = self._running | self._lasting
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._lasting.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._on_bug(error)
