"""Tables as lines: columns that fit a width, and cells that never break it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from marketplace_tui.text.lines import Line, Span, cut_line, filled_line, plain, width_of


@dataclass(frozen=True)
class Column:
    """A column: its name, its width in cells, and whether it takes what the others leave.

    Columns are left out where the width does not suffice, those with the highest `drop` first; 0 always stays. A
    column that `ages` changes by time alone, and such a change is not marked.
    """

    name: str
    width: int
    right: bool = False
    grows: bool = False
    drop: int = 0
    ages: bool = False


GAP = 2
"""The cells between two columns."""


def fitting(columns: Sequence[Column], width: int) -> list[tuple[int, int]]:
    """The index and the width of each column that is shown in `width` cells."""
    kept = list(enumerate(columns))
    while _needed(kept) > width and any(column.drop for _, column in kept):
        kept.remove(max(kept, key=lambda one: one[1].drop))
    spare = width - _needed(kept)
    growing = [index for index, column in kept if column.grows]
    result = []
    for index, column in kept:
        extra = spare // len(growing) + (spare % len(growing) if index == growing[-1] else 0) if index in growing else 0
        result.append((index, max(column.width + extra, 1)))
    return result


def table_line(columns: Sequence[Column], cells: Sequence[Line], width: int) -> Line:
    """A row of a table in exactly `width` cells."""
    parts: list[Span] = []
    for position, (index, size) in enumerate(fitting(columns, width)):
        if position:
            parts.append(Span(" " * GAP))
        cell = cells[index] if index < len(cells) else ()
        parts += _aligned(cell, size, right=columns[index].right)
    return filled_line(tuple(parts), width)


def header_line(columns: Sequence[Column], width: int) -> Line:
    """The names of the columns."""
    return table_line(columns, [(Span(column.name, "dim"),) for column in columns], width)


def flat_line(columns: Sequence[Column], cells: Sequence[Line]) -> str:
    """A row as words, for people who hear it: every column with its name, in order."""
    named = zip(columns, cells, strict=False)
    return ", ".join(f"{column.name} {text}".strip() for column, cell in named if (text := plain(cell).strip()))


def _aligned(cell: Line, size: int, *, right: bool) -> Line:
    if not right:
        return filled_line(cell, size)
    cell = cut_line(cell, size)
    return (Span(" " * (size - width_of(cell))), *cell)


def _needed(columns: Sequence[tuple[int, Column]]) -> int:
    return sum(column.width for _, column in columns) + GAP * max(len(columns) - 1, 0)
