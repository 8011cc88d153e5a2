"""A drawing of many lines with a cursor: each line is drawn when it is seen, so that its length costs nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from textual.message import Message
from textual.strip import Strip

from marketplace_tui.text.lines import Line, Span
from marketplace_tui.text.signs import CURSOR
from marketplace_tui.widgets.looks import ground_of, strip_of
from marketplace_tui.widgets.rows import Rows


class Drawing(Protocol):
    """The lines of a drawing, and those that stand above it while it scrolls."""

    def __len__(self) -> int:
        """How many lines there are."""

    def heading(self, width: int) -> Sequence[Line]:
        """The lines above."""

    def line(self, number: int, width: int) -> Line:
        """One line."""


class Diagram(Rows):
    """Draws the lines of a drawing that can be seen. It has the cursor and the keys of a list."""

    DEFAULT_CSS = "Diagram { scrollbar-gutter: stable; }"

    class Resized(Message):
        """There is another width or height to draw for."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__((), header=False, id=id)
        self._drawing: Drawing | None = None
        self._heading: Sequence[Line] = ()

    @property
    def count(self) -> int:
        """How many lines there are."""
        return 0 if self._drawing is None else len(self._drawing)

    @property
    def cursor(self) -> int:
        """The line of the cursor."""
        return self._cursor

    @property
    def cursor_key(self) -> str:
        """The line of the cursor as a key; empty where there is no line."""
        return str(self._cursor) if self.count else ""

    @property
    def line_width(self) -> int:
        """The cells of a line: all but that of the cursor, and those of the scroll bar, which are always free."""
        return max(self._width - 1, 1)

    @property
    def room(self) -> int:
        """The lines that are seen at a time."""
        return self._visible

    def show(self, drawing: Drawing, cursor: int) -> None:
        """Show a drawing with the cursor on a line, which stays where the cursor was on the screen."""
        line_on_screen = self._cursor - self.scroll_offset.y
        self._drawing = drawing
        self._measure()
        self._cursor = min(max(cursor, 0), max(self.count - 1, 0))
        self.scroll_to(y=max(self._cursor - line_on_screen, 0), animate=False, force=True)
        self._move_to(self._cursor)
        self.refresh()

    def extend(self, drawing: Drawing) -> None:
        """Show a drawing that begins as the present one does: what is seen of it stays as it is painted."""
        before, self._drawing = self.count, drawing
        self._measure_lines()
        if before < self.scroll_offset.y + self._visible:
            self.refresh()

    def go_to_line(self, line: int) -> None:
        """Put the cursor on a line."""
        self._move_to(line)

    def on_resize(self) -> None:
        """Draw for the new width, and keep the cursor in view."""
        self._measure()
        self._move_to(self._cursor)
        self.post_message(self.Resized())

    def render_line(self, y: int) -> Strip:
        """A line of the heading, or of the drawing."""
        if self.count and y < self._header:
            return strip_of(self, (Span(" "), *self._heading[y]), self._width)
        return super().render_line(y)

    def _measure(self) -> None:
        self._heading = () if self._drawing is None else self._drawing.heading(self.line_width)
        self._header = len(self._heading)
        self._measure_lines()

    def _row_strip(self, index: int, width: int) -> Strip:
        assert self._drawing is not None
        at_cursor = index == self._cursor
        line = self._drawing.line(index, self.line_width)
        style = ground_of(self)
        if at_cursor:
            style += self._background("rows--cursor" if self.has_focus else "rows--cursor-blurred")
        return strip_of(self, (Span(CURSOR if at_cursor else " ", "accent"), *line), width, style)
