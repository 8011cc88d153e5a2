"""The changes that can be taken back, newest first."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from marketplace_tui.model.watched import Watched

REMEMBERED = 20


@dataclass(frozen=True)
class Change:
    """Something that was done, in words, and the function that takes it back."""

    words: str
    take_back: Callable[[], None]


class Undo(Watched):
    """Remembers the last changes."""

    def __init__(self) -> None:
        super().__init__()
        self._changes: deque[Change] = deque(maxlen=REMEMBERED)

    def __bool__(self) -> bool:
        return bool(self._changes)

    def remember(self, words: str, take_back: Callable[[], None]) -> None:
        """Remember a change that can be taken back."""
        self._changes.append(Change(words, take_back))
        self.changed()

    def take_back(self) -> str:
        """Take the newest change back; its words, or nothing where there is none."""
        if not self._changes:
            return ""
        change = self._changes.pop()
        change.take_back()
        self.changed()
        return change.words

    def forget(self) -> None:
        """Forget everything, as when another account signs in."""
        self._changes.clear()
        self.changed()
