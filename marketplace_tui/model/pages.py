"""A list that is read a page at a time, as far as the cursor goes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from marketplace_tui.model.resource import Resource
from marketplace_tui.model.tasks import Tasks

Item = TypeVar("Item")

PAGE = 50
MOST_ITEMS = 2000
"""A list is read no further than this: for what lies beyond it there are search and filters."""


@dataclass(frozen=True)
class Loaded(Generic[Item]):
    """The items that were read so far, and the cursor of those that follow; None at the end."""

    items: tuple[Item, ...]
    next_cursor: str | None


LoadPage = Callable[[str], Awaitable[Loaded[Item]]]
"""Reads the page at a cursor; the first one at the empty cursor."""


class Pages(Resource[Loaded[Item]]):
    """A list that grows by `more` and is read again, as far as it was, by `refresh`.

    `number` is another one once `begin_anew` has brought another list.
    """

    def __init__(self, load_page: LoadPage[Item], tasks: Tasks, clock: Callable[[], float]) -> None:
        super().__init__(self._read, tasks, clock)
        self._load_page = load_page
        self._wanted = PAGE
        self.number = self._begun = 0

    @property
    def items(self) -> tuple[Item, ...]:
        """The items that were read so far."""
        return self.value.items if self.value else ()

    @property
    def has_more(self) -> bool:
        """Whether there are items that were not read yet."""
        return self.value is not None and self.value.next_cursor is not None and len(self.items) < MOST_ITEMS

    def more(self) -> None:
        """Read the next page, if there is one and it is not being read."""
        if self.has_more and not self.loading:
            self._wanted = min(len(self.items) + PAGE, MOST_ITEMS)
            self.refresh()

    def begin_anew(self) -> None:
        """Read the first page of what is now another list; the old one stays until the new one is there."""
        self._wanted = PAGE
        self._begun += 1
        self._generation += 1
        self.refresh()

    def put(self, changed: Item, is_it: Callable[[Item], bool]) -> None:
        """Show an item as it is now where it was, before the list is read again; nothing, where another list comes."""
        if self.value is not None and self.number == self._begun:
            items = tuple(changed if is_it(item) else item for item in self.items)
            self.replace(Loaded(items, self.value.next_cursor))

    async def _read(self) -> Loaded[Item]:
        loaded = await self._load_page("")
        while loaded.next_cursor is not None and len(loaded.items) < self._wanted:
            page = await self._load_page(loaded.next_cursor)
            loaded = Loaded((*loaded.items, *page.items), page.next_cursor)
        return loaded

    def _keep(self, value: Loaded[Item]) -> None:
        super()._keep(value)
        self.number = self._begun
