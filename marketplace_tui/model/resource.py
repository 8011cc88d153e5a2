"""Something of the marketplace that a screen shows: the last answer, its age, and the error since then.

An answer stays while a newer one is asked for (stale-while-revalidate), requests that come together become one, and an
answer that was asked for before the value was replaced is dropped, so that an old reply never undoes a change.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from marketplace_tui.model.tasks import Tasks
from marketplace_tui.model.watched import Watched
from services_stub.client.errors import MarketplaceError

Value = TypeVar("Value")


class Resource(Watched, Generic[Value]):
    """A value that is loaded by `load`. `age_from` is the clock's time of the last answer, in seconds."""

    def __init__(self, load: Callable[[], Awaitable[Value]], tasks: Tasks, clock: Callable[[], float]) -> None:
        super().__init__()
        self.value: Value | None = None
        self.error: MarketplaceError | None = None
        self.loading = False
        self.age_from: float | None = None
        self._load = load
        self._tasks = tasks
        self._clock = clock
        self._again = False
        self._generation = 0

    def refresh(self) -> None:
        """Ask for the value again; while it is being asked for, once more afterwards."""
        if self.loading:
            self._again = True
            return
        self.loading = True
        self.changed()
        self._tasks.start(self._ask())

    def replace(self, value: Value) -> None:
        """Show a value that came another way, such as the answer to a change; replies on their way are dropped."""
        self._generation += 1
        self._keep(value)
        self.changed()

    def forget(self) -> None:
        """Begin anew, as before the first answer."""
        self._generation += 1
        self.value, self.error, self.age_from = None, None, None
        self.changed()

    async def _ask(self) -> None:
        try:
            while True:
                self._again = False
                await self._ask_once()
                if not self._again:
                    return
        finally:
            self.loading = False
            self.changed()

    async def _ask_once(self) -> None:
        generation = self._generation
        try:
            value = await self._load()
        except MarketplaceError as error:
            if generation == self._generation:
                self.error = error
        else:
            if generation == self._generation:
                self._keep(value)

    def _keep(self, value: Value) -> None:
        self.value, self.error, self.age_from = value, None, self._clock()
