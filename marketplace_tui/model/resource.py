"""Something of the marketplace that a screen shows: the last answer, its age, and the error since then.

An answer stays while a newer one is asked for (stale-while-revalidate), requests that come together become one, and an
answer that was asked for before the value was replaced is dropped, so that an old reply never undoes a change.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from operator import itemgetter
from typing import Any, Generic, TypeVar

from marketplace_tui.model.tasks import Tasks
from marketplace_tui.model.watched import Watched
from services_stub.client.errors import MarketplaceError

Value = TypeVar("Value")


class Resource(Watched, Generic[Value]):
    """A value that is loaded by `load`.

    `age_from` is the clock's time of the last answer, and `asked_at` that of the request whose answer is awaited, in
    seconds; None where there is none.
    """

    def __init__(self, load: Callable[[], Awaitable[Value]], tasks: Tasks, clock: Callable[[], float]) -> None:
        super().__init__()
        self.value: Value | None = None
        self.error: MarketplaceError | None = None
        self.age_from: float | None = None
        self.asked_at: float | None = None
        self._load = load
        self._tasks = tasks
        self._clock = clock
        self._again = False
        self._generation = 0

    @property
    def loading(self) -> bool:
        """Whether an answer is awaited."""
        return self.asked_at is not None

    def refresh(self) -> None:
        """Ask for the value again; while it is being asked for, once more afterwards."""
        if self.loading:
            self._again = True
            return
        self.asked_at = self._clock()
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
                # What came is shown now: while more events come than answers, there is always a further question.
                self.asked_at = self._clock()
                self.changed()
        finally:
            self.asked_at = None
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


def outdated_one(resources: Iterable[Resource[Any]]) -> tuple[float, MarketplaceError] | None:
    """The time from which the oldest value is that could not be read again, and the error; None where all could be."""
    failed = [(one.age_from, one.error) for one in resources if one.age_from is not None and one.error is not None]
    return min(failed, key=itemgetter(0), default=None)
