"""Lines of text with looks: what screens are drawn from, before a terminal gives the looks their colours.

A look never carries a meaning that the text does not have as well, so that all reads without colour.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from rich.cells import cell_len, chop_cells

from marketplace_tui.text.shown import cells_up_to, cut, shown, shown_lines

Look: TypeAlias = Literal["plain", "dim", "strong", "accent", "good", "bad", "warning", "match", "key"]

LOOKS: tuple[Look, ...] = ("plain", "dim", "strong", "accent", "good", "bad", "warning", "match", "key")

OF_STATUS: dict[str, Look] = {
    "PENDING": "warning",
    "PAID": "good",
    "CHARGED": "good",
    "ACTIVE": "good",
    "SHIPPED": "accent",
    "DELIVERED": "good",
    "FAILED": "bad",
    "CANCELLED": "dim",
    "VOIDED": "dim",
    "REFUNDING": "warning",
    "REFUNDED": "dim",
    "BLOCKED": "bad",
    "DISABLED": "dim",
}
"""The look of each status of an order, a payment or a product."""


@dataclass(frozen=True)
class Span:
    """A piece of a line, safe to show. `act` is the id of the action that a click on it does."""

    text: str
    look: Look = "plain"
    act: str = ""


Line: TypeAlias = tuple[Span, ...]


@dataclass(frozen=True)
class Range:
    """A part of a text, from `start` up to but without `end`, in code points."""

    start: int
    end: int


def spans(text: str, look: Look = "plain") -> Line:
    """Text of others as a line: made safe to show."""
    return (Span(shown(text), look),)


def highlighted(text: str, ranges: Sequence[Range], look: Look = "plain") -> Line:
    """Text of others with some of its parts in the look of a match. Ranges beyond the text are ignored."""
    parts: list[Span] = []
    position = 0
    for part in sorted(ranges, key=lambda one: one.start):
        start, end = max(part.start, position), min(part.end, len(text))
        if start >= end:
            continue
        parts += [Span(shown(text[position:start]), look), Span(shown(text[start:end]), "match")]
        position = end
    parts.append(Span(shown(text[position:]), look))
    return tuple(part for part in parts if part.text)


def width_of(line: Line) -> int:
    """The cells that a line takes."""
    return sum(cell_len(span.text) for span in line)


def plain(line: Line) -> str:
    """A line without looks."""
    return "".join(span.text for span in line)


def dimmed(line: Line) -> Line:
    """A line whose plain text is dim."""
    return tuple(Span(span.text, "dim" if span.look == "plain" else span.look, span.act) for span in line)


def cut_line(line: Line, width: int) -> Line:
    """A line in at most `width` cells."""
    kept: list[Span] = []
    left = width
    for span in line:
        needed = cells_up_to(span.text, left)
        if needed <= left:
            kept.append(span)
            left -= needed
            continue
        # At least one cell says that something is left out.
        if left:
            kept.append(Span(cut(span.text, left), span.look, span.act))
        elif kept:
            last = kept[-1]
            kept[-1] = Span(cut(last.text + " ", cell_len(last.text)), last.look, last.act)
        break
    return tuple(kept)


def filled_line(line: Line, width: int) -> Line:
    """A line in exactly `width` cells."""
    line = cut_line(line, width)
    missing = width - width_of(line)
    return (*line, Span(" " * missing)) if missing else line


def apart(left: Line, right: Line, width: int) -> Line:
    """Two lines as one of `width` cells, the second one at its right end and never cut for the first one."""
    space = max(width - width_of(right) - 1, 0)
    return cut_line((*filled_line(left, space), Span(" "), *right), width)


MOST_OF_ERROR = 4
"""An error is shown in so many lines: it may have the words of others, and the next step stands below it."""


def wrapped(text: str, width: int, most: int | None = None) -> list[str]:
    """Text of others in lines of at most `width` cells, broken between words; at most so many lines."""
    lines: list[str] = []
    for paragraph in shown_lines(text) or [""]:
        line = ""
        for word in paragraph.split(" "):
            for piece in chop_cells(word, max(width, 2)) or [word]:  # none of a word without any width
                joined = f"{line} {piece}" if line else piece
                if cell_len(joined) > width and line:
                    lines.append(line)
                    line = piece
                else:
                    line = joined
        lines.append(line)
    if most is not None and len(lines) > most:
        lines = [*lines[: most - 1], cut(lines[most - 1] + " …", width)] if most else []
    return lines
