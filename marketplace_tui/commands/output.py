"""The answers of commands: text for people, plain where it is piped, and JSON for programs.

Standard output has the answer alone; notes about it go to standard error. Texts of others are made safe here, so that
the rest of the commands can hand on what the marketplace said.
"""

from __future__ import annotations

import io
import json
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TextIO, TypeAlias, TypeVar

import msgspec
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from marketplace_tui.operations.finding import AnyPage
from marketplace_tui.text.shown import fitted, fitted_right, shown, shown_lines
from marketplace_tui.text.signs import ASCII, NONE, of_status
from marketplace_tui.text.values import ago, moment, short_id
from services_stub.contracts.encoding import encode_json

Value = TypeVar("Value")
PageValue = TypeVar("PageValue", bound="AnyPage[Any]")

_GAP = 2
_NARROWEST = 8
_IN_JSON = re.compile("[\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
"""Characters that JSON need not escape, and that a terminal obeys or does not show."""

_NOT_ASCII = re.compile("[^\x00-\x7f]")


@dataclass(frozen=True)
class Column:
    """A column of a table: numbers stand to the right, and a flexible one is cut where the terminal is narrow."""

    title: str
    right: bool = False
    flexible: bool = False


@dataclass(frozen=True)
class Table:
    """Rows of texts below the titles of their columns. `empty` is said where there are no rows."""

    columns: Sequence[Column]
    rows: Sequence[Sequence[str]]
    empty: str = "Nothing here."


@dataclass(frozen=True)
class Look:
    """The manner in which values become text: with signs and short on a terminal, whole and plain in a pipe."""

    terminal: bool = True
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def status(self, status: str) -> str:
        """A status, on a terminal with its sign."""
        return of_status(status) if self.terminal else status

    def when(self, text: str) -> str:
        """A time of the contract: how long ago on a terminal, RFC 3339 in a pipe."""
        return ago(moment(text), self.now) if self.terminal else text

    def clock(self, text: str) -> str:
        """A time of the contract to the millisecond: the local time of day on a terminal, RFC 3339 in a pipe."""
        if not self.terminal:
            return text
        return moment(text).astimezone().time().isoformat(timespec="milliseconds")

    def id(self, identifier: str) -> str:
        """An identifier: its end on a terminal, which every command takes for the whole; all of it in a pipe."""
        return short_id(identifier) if self.terminal else identifier

    def number(self, value: object) -> str:
        """A value, or the sign of none."""
        return NONE if value is None else str(value)


Part: TypeAlias = "str | Table"
View: TypeAlias = Callable[[Value, Look], Iterator[Part]]
"""The parts of a value as people see them: lines of text and tables."""


class Output:
    """Where one command writes its answer and its notes."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._out = _console(sys.stdout)
        self._notes = _console(sys.stderr)
        self.look = Look(self._out.is_terminal)

    def answer(self, value: Value, view: View[Value]) -> None:
        """Write a value: as JSON for programs, through its view for people."""
        if self._as_json:
            self._out.file.write(json_of(value, ascii_only=not _has_unicode(self._out)) + "\n")
            self._out.file.flush()
            return
        for part in view(value, self.look):
            if isinstance(part, Table):
                self._table(part)
            else:
                self._text(self._out, part)

    def page(self, page: PageValue, view: View[PageValue]) -> None:
        """Write a page of a list, and say how to get the next one."""
        self.answer(page, view)
        if page.next_cursor and not self._as_json:
            self.note(f"There are more: --cursor {page.next_cursor}")

    def note(self, text: str) -> None:
        """Say something about the answer that is no part of it."""
        self._text(self._notes, text)

    def _table(self, table: Table) -> None:
        if not table.rows:
            self._text(self._out, table.empty)
            return
        width = self._out.width if self.look.terminal else None
        head, *lines = table_lines(table, width)
        if head:  # facts beside their names have no titles
            self._line(head, style="bold")
        for line in lines:
            self._line(line)

    def _line(self, line: str, style: str = "") -> None:
        self._out.print(_printable(self._out, line, style), soft_wrap=True)

    def _text(self, console: Console, text: str) -> None:
        for line in shown_lines(text) or [""]:
            console.print(_printable(console, line), soft_wrap=not console.is_terminal)


def json_of(value: object, *, ascii_only: bool = False) -> str:
    """A value of the contracts as indented JSON, safe to print on a terminal, also on one that knows ASCII alone."""
    text = _IN_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", msgspec.json.format(encode_json(value)).decode())
    return _NOT_ASCII.sub(lambda found: json.dumps(found[0])[1:-1], text) if ascii_only else text


def table_lines(table: Table, width: int | None) -> list[str]:
    """The titles and the rows of a table, aligned; at most `width` cells wide as far as its flexible columns allow."""
    rows = [[shown(cell) for cell in row] for row in table.rows]
    titles = [column.title.upper() for column in table.columns]
    widths = [max(map(cell_len, cells)) for cells in zip(titles, *rows, strict=True)]
    if width is not None:
        widths = _narrowed(table.columns, widths, width)
    return [_aligned(table.columns, cells, widths) for cells in (titles, *rows)]


def _narrowed(columns: Sequence[Column], widths: list[int], width: int) -> list[int]:
    excess = sum(widths) + _GAP * (len(widths) - 1) - width
    narrowed = list(widths)
    for place, column in enumerate(columns):
        if column.flexible and excess > 0:
            narrowed[place] = max(min(_NARROWEST, widths[place]), widths[place] - excess)
            excess -= widths[place] - narrowed[place]
    return narrowed


def _aligned(columns: Sequence[Column], cells: Sequence[str], widths: Sequence[int]) -> str:
    fit = [fitted_right if column.right else fitted for column in columns]
    texts = (one(cell, width) for one, cell, width in zip(fit, cells, widths, strict=True))
    return (" " * _GAP).join(texts).rstrip()


def _printable(console: Console, line: str, style: str = "") -> Text:
    """A line that is safe to show, with ASCII in the place of signs where the terminal has no others."""
    return Text(line if _has_unicode(console) else line.translate(ASCII), style)


def _has_unicode(console: Console) -> bool:
    return (console.encoding or "").lower().replace("-", "").startswith("utf8")


def _console(file: TextIO) -> Console:
    if isinstance(file, io.TextIOWrapper):
        file.reconfigure(errors="replace")  # a terminal without UTF-8 shows the rest of the text
    return Console(file=file, markup=False, highlight=False, emoji=False)
