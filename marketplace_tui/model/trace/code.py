"""The code of events, looked for in a thread: reading the source of a service for the first time takes a while."""

from __future__ import annotations

import asyncio

from marketplace_tui.model.tasks import Tasks
from marketplace_tui.model.watched import Watched
from simulator.trace.code import handled_in, published_in


class CodePlaces(Watched):
    """Where events are published and handled, as `file:line`."""

    def __init__(self, tasks: Tasks) -> None:
        super().__init__()
        self._tasks = tasks
        self._known: dict[tuple[str, str, bool], str | None] = {}
        self._reading = asyncio.Lock()  # Python 3.11 counts the depth of a source for all threads together

    def of(self, topic: str, publisher: str, group: str) -> str | None:
        """Where `group` handles an event, or where it is published if that is empty.

        None while it is looked for: watchers are told then. Empty where there is no code of it here.
        """
        key = (topic, group or publisher, bool(group))
        if key not in self._known:
            self._known[key] = None
            self._tasks.start(self._find(*key))
        return self._known[key]

    async def find(self, topic: str, publisher: str, group: str) -> str:
        """The same, awaited; empty where there is no code of it here."""
        async with self._reading:
            return await asyncio.to_thread(handled_in if group else published_in, topic, group or publisher)

    async def _find(self, topic: str, service: str, handles: bool) -> None:
        self._known[topic, service, handles] = await self.find(topic, service, service if handles else "")
        self.changed()
