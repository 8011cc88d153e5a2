"""The live stream, followed for as long as an account is signed in, and handed out a batch at a time.

Thousands of events a second must not become as many repaints: they are gathered for a tenth of a second, or for half a
second while there are many, and each listener is called once with what concerns it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import aclosing

from marketplace_tui.model.connection import Connection
from marketplace_tui.model.tasks import Tasks
from services_stub.client.errors import MarketplaceError
from services_stub.client.stream import Gap
from services_stub.contracts.events import Event

GATHERED_SECONDS, LONGER_SECONDS = 0.1, 0.5
MANY_EVENTS = 50
"""After a batch of more events than these the next one is gathered for longer: each makes screens read again."""

MOST_GATHERED = 2000
"""More events than these in one batch are dropped, and listeners are told of a gap: they read again."""

Listener = Callable[[Sequence[Event], bool], None]
"""Called with the new events, and whether others were missed."""


class Live:
    """Follows the stream of the account that is signed in."""

    def __init__(self, connection: Connection, tasks: Tasks) -> None:
        self._connection = connection
        self._tasks = tasks
        self._listeners: list[Listener] = []
        self._gathered: list[Event] = []
        self._missed = False
        self._seconds = GATHERED_SECONDS
        self._following: asyncio.Task[None] | None = None
        self._user_id = ""
        connection.watch(self._follow_account)

    def start(self) -> None:
        """Begin to follow."""
        self._follow_account()

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` with every batch; the answer ends that."""
        self._listeners.append(listener)

        def end() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return end

    def _follow_account(self) -> None:
        user = self._connection.user
        user_id = user.user_id if user else ""
        if user_id == self._user_id:
            return
        self._user_id = user_id
        if self._following is not None:
            self._following.cancel()
        self._following = self._tasks.start(self._follow(), lasting=True) if user_id else None

    async def _follow(self) -> None:
        try:
            async with aclosing(self._connection.client.stream()) as stream:
                async for item in stream:
                    if isinstance(item, Gap):
                        self._gather(None)
                    else:
                        self._gather(item.event)
        except MarketplaceError:
            # Refused: the session is over. What the screens read next finds out, and they say so.
            self._user_id = ""

    def _gather(self, event: Event | None) -> None:
        if not self._gathered and not self._missed:
            asyncio.get_running_loop().call_later(self._seconds, self._hand_out)
        if event is None or len(self._gathered) >= MOST_GATHERED:
            self._missed = True
        else:
            self._gathered.append(event)

    def _hand_out(self) -> None:
        events, missed = self._gathered, self._missed
        self._gathered, self._missed = [], False
        self._seconds = LONGER_SECONDS if len(events) > MANY_EVENTS else GATHERED_SECONDS
        for listener in tuple(self._listeners):
            listener(events, missed)
