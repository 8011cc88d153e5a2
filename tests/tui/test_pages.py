"""A list that is read by pages: an item that changed is shown at once, and no older answer undoes it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from marketplace_tui.model.pages import Loaded, Pages
from marketplace_tui.model.tasks import Tasks
from tests.tui.running import Clock


class Slow:
    """Answers only when it is let go, with the items of the moment at which it was asked."""

    def __init__(self) -> None:
        self.items: tuple[str, ...] = ("paid a", "paid b")
        self.let_go = asyncio.Event()

    async def load(self, _cursor: str) -> Loaded[str]:
        items = self.items
        await self.let_go.wait()
        return Loaded(items, None)


def is_a(item: str) -> bool:
    return item.endswith("a")


def fail(error: BaseException) -> None:
    raise error


def on(play: Callable[[Slow, Pages[str]], Awaitable[None]]) -> tuple[str, ...]:
    """The items of a list that was read once, then changed, and whose last question was answered."""

    async def scenario() -> tuple[str, ...]:
        slow, tasks = Slow(), Tasks(fail)
        pages = Pages(slow.load, tasks, Clock())
        pages.refresh()
        slow.let_go.set()
        await tasks.idle()
        slow.let_go.clear()
        await play(slow, pages)
        await asyncio.sleep(0)
        slow.let_go.set()
        await tasks.idle()
        return pages.items

    return asyncio.run(scenario())


def test_an_item_that_changed_is_shown_at_once() -> None:
    async def play(_slow: Slow, pages: Pages[str]) -> None:
        pages.put("shipped a", is_a)
        assert pages.items == ("shipped a", "paid b")

    assert on(play) == ("shipped a", "paid b")


def test_an_answer_that_was_asked_for_before_does_not_undo_it() -> None:
    async def play(_slow: Slow, pages: Pages[str]) -> None:
        pages.refresh()
        await asyncio.sleep(0)
        pages.put("shipped a", is_a)

    assert on(play) == ("shipped a", "paid b")


def test_another_list_that_comes_is_not_taken_for_the_old_one() -> None:
    async def play(slow: Slow, pages: Pages[str]) -> None:
        slow.items = ("another a",)
        pages.begin_anew()
        pages.put("shipped a", is_a)
        assert pages.items == ("paid a", "paid b")

    assert on(play) == ("another a",)
