"""A list in two columns of cards, with the same cursor and keys as a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.strip import Strip

from marketplace_tui.text.lines import Line, Span, width_of
from marketplace_tui.text.signs import CURSOR
from marketplace_tui.text.table import Column
from marketplace_tui.widgets.looks import ground_of, strip_of
from marketplace_tui.widgets.rows import Rows

_INDENT = 2


class Grid(Rows):
    """Two cards side by side. `parts` are the cells of each line of a card, by their places in the row."""

    ACROSS: ClassVar[int] = 2
    TALL: ClassVar[int] = 4

    def __init__(self, columns: Sequence[Column], parts: tuple[tuple[int, ...], ...], *, id: str | None = None) -> None:
        super().__init__(columns, header=False, id=id)
        self._parts = parts

    def move(self, by: int) -> None:
        """Go so many cards on, or back."""
        self._move_to(self._cursor + by)

    def render_line(self, y: int) -> Strip:
        """A line of two cards."""
        if not self._rows:
            return super().render_line(y)
        number, part = divmod(self.scroll_offset.y + y, self.TALL)
        half = self._width // self.ACROSS
        first = number * self.ACROSS
        widths = [half] * (self.ACROSS - 1) + [self._width - half * (self.ACROSS - 1)]
        return Strip.join([self._card(first + place, part, width) for place, width in enumerate(widths)])

    def _card(self, index: int, part: int, width: int) -> Strip:
        if index >= len(self._rows) or part >= len(self._parts):
            return Strip.blank(width, ground_of(self))
        row, at_cursor = self._rows[index], index == self._cursor
        sign = CURSOR if at_cursor and part == 0 else " "
        line: Line = (Span(f"{sign:<{_INDENT}}", "accent"),)
        for place in self._parts[part]:
            name, cell = self.columns[place].name, row.cells[place]
            if not width_of(cell):
                continue
            label = f"{name} " if part and name else ""
            line = (*line, *((Span("   "),) if len(line) > 1 else ()), Span(label, "dim"), *cell)
        return strip_of(self, line, width, self._ground(row, at_cursor))
