"""A table with a cursor, for lists that change while they are looked at.

Rows have keys. The cursor stays on its row, and that row stays where it is on the screen, whatever comes or goes around
it; cells that changed are marked for two seconds. It draws only the lines that can be seen.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import ClassVar

from rich.style import Style
from textual import events
from textual.binding import Binding
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget

from marketplace_tui.actions.everywhere import LIST_ACTIONS
from marketplace_tui.text.lines import Line, Span, dimmed, plain
from marketplace_tui.text.signs import CURSOR, MARKED
from marketplace_tui.text.table import Column, flat_line, header_line, table_line
from marketplace_tui.widgets.looks import GROUND_CLASSES, GROUND_CSS, ground_of, strip_of

CHANGED_SECONDS = 2.0
_CURSOR_WIDTH = 2


def _method(action_id: str) -> str:
    """The name of the method that does an action of lists, as Textual calls it: `up` of `list.up`."""
    return action_id.removeprefix("list.")


@dataclass(frozen=True)
class Row:
    """A row: its key, unique in the table, and a cell for each column."""

    key: str
    cells: tuple[Line, ...]
    dim: bool = False


class Rows(ScrollView, can_focus=True):
    """The table. `empty` is what it shows where there is no row."""

    ACROSS: ClassVar[int] = 1
    """Rows that stand side by side."""

    TALL: ClassVar[int] = 1
    """Lines of the terminal that a row takes."""

    COMPONENT_CLASSES = GROUND_CLASSES | {"rows--cursor", "rows--cursor-blurred", "rows--changed"}
    DEFAULT_CSS = (
        "Rows { height: 1fr; scrollbar-size-vertical: 1; overflow-x: hidden;"
        + GROUND_CSS
        + """
        & > .rows--cursor { background: $primary 40%; text-style: bold; }
        & > .rows--cursor-blurred { background: $surface; }
        & > .rows--changed { background: $warning 25%; }
    }"""
    )
    BINDINGS = [Binding(",".join(action.keys), _method(action.id), show=False, id=action.id) for action in LIST_ACTIONS]

    class Moved(Message):
        """The cursor came to another row, or the row below it changed."""

    class Opened(Message):
        """A row was opened, by enter or by a click on the row of the cursor."""

        def __init__(self, key: str) -> None:
            super().__init__()
            self.key = key

    class NearEnd(Message):
        """The cursor comes near the last row: further ones can be read."""

    def __init__(
        self,
        columns: Sequence[Column],
        *,
        flat: bool = False,
        header: bool = True,
        markable: bool = False,
        clock: Callable[[], float] = time.monotonic,
        id: str | None = None,
    ) -> None:
        super().__init__(id=id)
        self.columns = tuple(columns)
        self.marked: set[str] = set()
        self.empty: Sequence[Line] = ()
        self._rows: list[Row] = []
        self._index: dict[str, int] = {}
        self._cursor = 0
        self._of: object = None
        self._changed_until: dict[str, float] = {}
        self._flat, self._markable, self._clock = flat, markable, clock
        self._header = 1 if header and not flat else 0

    @property
    def cursor_key(self) -> str:
        """The key of the row of the cursor; empty where there is no row."""
        return self._rows[self._cursor].key if self._rows else ""

    @property
    def count(self) -> int:
        """How many rows there are."""
        return len(self._rows)

    @property
    def chosen(self) -> list[str]:
        """The keys of the marked rows, in their order; without marks, that of the cursor."""
        marked = [row.key for row in self._rows if row.key in self.marked]
        return marked or ([self.cursor_key] if self._rows else [])

    def show_rows(self, rows: Sequence[Row], *, of: object = None) -> None:
        """Show these rows. The cursor keeps its row, or its place where that is gone; it begins another list (`of`)."""
        if of != self._of:
            self._of, self._rows, self._index, self._cursor = of, [], {}, 0
            self.scroll_to(y=0, animate=False, force=True)
        key, line_on_screen = self.cursor_key, self._line_of(self._cursor) - self.scroll_offset.y
        before, cursor, top = self._rows, self._cursor, self.scroll_offset.y
        self._note_changes(rows)
        self._rows = list(rows)
        self._index = {row.key: index for index, row in enumerate(self._rows)}
        self.marked &= self._index.keys()
        self._cursor = self._index.get(key, min(self._cursor, max(len(self._rows) - 1, 0)))
        self._measure_lines()
        self.scroll_to(y=max(self._line_of(self._cursor) - line_on_screen, 0), animate=False, force=True)
        if top != self.scroll_offset.y or not (before and rows):
            self.refresh()
        else:
            pairs = zip_longest(before, rows)
            self._repaint(cursor, self._cursor, *(index for index, (old, new) in enumerate(pairs) if old != new))
        self.post_message(self.Moved())

    def go_to(self, key: str) -> None:
        """Put the cursor on a row, if it is there."""
        if key in self._index:
            self._move_to(self._index[key])

    def render_line(self, y: int) -> Strip:
        """The header, or the row at a line of the screen."""
        width = self._width
        if not self.count:
            return strip_of(self, self.empty[y] if y < len(self.empty) else (), width)
        if y < self._header:
            return strip_of(self, (Span(" " * _CURSOR_WIDTH), *header_line(self.columns, width - _CURSOR_WIDTH)), width)
        index = self.scroll_offset.y + y - self._header
        return self._row_strip(index, width) if index < self.count else Strip.blank(width, ground_of(self))

    def do(self, action_id: str) -> None:
        """Do an action of lists by its id, at once."""
        getattr(self, f"action_{_method(action_id)}")()

    def action_up(self) -> None:
        """Go to the row above."""
        self._move_to(self._cursor - self.ACROSS)

    def action_down(self) -> None:
        """Go to the row below."""
        self._move_to(self._cursor + self.ACROSS)

    def action_first(self) -> None:
        """Go to the first row."""
        self._move_to(0)

    def action_last(self) -> None:
        """Go to the last row that is there."""
        self._move_to(self.count - 1)

    def action_page_up(self) -> None:
        """Go up by one screen."""
        self._move_to(self._cursor - self._page)

    def action_page_down(self) -> None:
        """Go down by one screen."""
        self._move_to(self._cursor + self._page)

    def action_open(self) -> None:
        """Open the row of the cursor."""
        if self.count:
            self.post_message(self.Opened(self.cursor_key))

    def action_mark(self) -> None:
        """Mark the row of the cursor, or take its mark away, and go on."""
        if self._markable and self._rows:
            self.marked ^= {self.cursor_key}
            self._move_to(self._cursor + 1)

    def on_click(self, event: events.Click) -> None:
        """A click moves the cursor; a click on its row opens it."""
        line = (self.scroll_offset.y + event.y - self._header) // self.TALL
        index = line * self.ACROSS + min(event.x * self.ACROSS // max(self._width, 1), self.ACROSS - 1)
        if event.y < self._header or not 0 <= index < self.count:
            return
        if index == self._cursor:
            self.action_open()
        self._move_to(index)

    def on_resize(self) -> None:
        """Keep the cursor in view."""
        self._measure_lines()
        self._move_to(self._cursor)

    @property
    def _width(self) -> int:
        """The cells of a row: those that the scrollbar leaves."""
        return self.scrollable_size.width

    def _measure_lines(self) -> None:
        """Say how many lines there are. Textual arranges the whole screen anew for that: only where it must."""
        size = Size(self._width, self._lines + self._header)
        if self.show_vertical_scrollbar and size.height > self.container_size.height and not self.styles.is_auto_height:
            self.set_reactive(Widget.virtual_size, size)
            self.vertical_scrollbar.window_virtual_size = size.height
        else:
            self.virtual_size = size

    def _line_of(self, index: int) -> int:
        return index // self.ACROSS * self.TALL

    @property
    def _lines(self) -> int:
        return self._line_of(self.count - 1) + self.TALL if self.count else 0

    @property
    def _page(self) -> int:
        return max(self._visible // self.TALL, 1) * self.ACROSS

    @property
    def _visible(self) -> int:
        return max(self.size.height - self._header, 1)

    def _move_to(self, index: int) -> None:
        if not self.count:
            return
        before, self._cursor = self._cursor, min(max(index, 0), self.count - 1)
        top, line = self.scroll_offset.y, self._line_of(self._cursor)
        if line < top or line + self.TALL > top + self._visible:
            top = line if line < top else line + self.TALL - self._visible
            self.scroll_to(y=top, animate=False, force=True)
        if line >= self._lines - self._visible:
            self.post_message(self.NearEnd())
        self._repaint(before, self._cursor)
        self.post_message(self.Moved())

    def _repaint(self, *indices: int) -> None:
        """Paint the lines of some rows again, as far as they are seen: painting all takes longer than a key may."""
        for line in {self._line_of(index) for index in indices}:
            region = Region(0, line - self.scroll_offset.y + self._header, self._width, self.TALL)
            if region.bottom > self._header and region.y < self.size.height:
                self.refresh(region)

    def _row_strip(self, index: int, width: int) -> Strip:
        row = self._rows[index]
        at_cursor = index == self._cursor
        sign = MARKED if row.key in self.marked else CURSOR if at_cursor else " "
        cells = tuple(dimmed(cell) for cell in row.cells) if row.dim else row.cells
        start = Span(f"{sign:<{_CURSOR_WIDTH}}", "accent")
        flat = (Span(flat_line(self.columns, cells)),) if self._flat else ()
        line = flat or table_line(self.columns, cells, width - _CURSOR_WIDTH)
        return strip_of(self, (start, *line), width, self._ground(row, at_cursor))

    def _ground(self, row: Row, at_cursor: bool) -> Style:
        style = ground_of(self)
        if row.key in self._changed_until:
            style += self._background("rows--changed")
        if at_cursor:
            style += self._background("rows--cursor" if self.has_focus else "rows--cursor-blurred")
        return style

    def _background(self, name: str) -> Style:
        """The background of a component, whose transparent colour is mixed already."""
        style = self.get_component_rich_style(name)
        return Style(bgcolor=style.bgcolor, bold=style.bold or None)

    def _note_changes(self, rows: Sequence[Row]) -> None:
        last_known = max((index for index, row in enumerate(rows) if row.key in self._index), default=-1)
        # Rows behind the last known one were read by paging, and are not marked.
        changed = {row.key for index, row in enumerate(rows) if index <= last_known and self._differs(row)}
        if changed:
            self._changed_until |= dict.fromkeys(changed, self._clock() + CHANGED_SECONDS)
            self.set_timer(CHANGED_SECONDS + 0.05, self._forget_changes)

    def _differs(self, row: Row) -> bool:
        if row.key not in self._index:
            return True
        cells = zip(self.columns, self._rows[self._index[row.key]].cells, row.cells, strict=False)
        return any(not column.ages and plain(old) != plain(new) for column, old, new in cells)

    def _forget_changes(self) -> None:
        now = self._clock()
        past = {key for key, until in self._changed_until.items() if until <= now}
        self._changed_until = {key: self._changed_until[key] for key in self._changed_until.keys() - past}
        self._repaint(*(self._index[key] for key in past if key in self._index))
