"""The part of a flow's time that is shown: zoom and pan. Pure; all in microseconds of Unix time."""

from __future__ import annotations

from dataclasses import dataclass

LEAST = 100
"""Microseconds; nothing of a flow is measured more finely than a few of them."""


@dataclass(frozen=True)
class Window:
    """The time from `start` to `end`."""

    start: int
    end: int

    @property
    def length(self) -> int:
        """Microseconds."""
        return self.end - self.start

    def zoomed_in(self, around: int) -> Window:
        """The half of it that has a moment in its middle, as far as there is room."""
        length = max(self.length // 2, min(LEAST, self.length))
        return Window(around - length // 2, around - length // 2 + length).within(self)

    def zoomed_out(self, whole: Window) -> Window:
        """Twice as much time, and at most all."""
        more = self.length // 2
        return Window(self.start - more, self.end + self.length - more).within(whole)

    def panned(self, parts: int, whole: Window) -> Window:
        """So many quarters of its length later, or earlier where they are negative."""
        by = parts * max(self.length // 4, 1)
        return Window(self.start + by, self.end + by).within(whole)

    def within(self, whole: Window) -> Window:
        """The window moved, and if need be shortened, so that it lies in another one."""
        length = min(self.length, whole.length)
        start = min(max(self.start, whole.start), whole.end - length)
        return Window(start, start + length)
