"""Text of others made safe to show: one line, no control codes, no marks that reorder what stands around it.

The Unicode categories decide: Cc and Cs, the line and paragraph separators, and the formats that reorder text (UAX #9)
or have no width are shown as what they are, by a sign of their own. All else is text.
"""

from __future__ import annotations

import unicodedata

from rich.cells import cell_len, set_cell_size

_REORDERING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_WITHOUT_WIDTH = frozenset("\u200b\u2060\ufeff\u00ad")
_REPLACED = "\ufffd"

MOST_CHARACTERS = 10_000
"""Longer text is cut before anything is computed from it."""

MOST_MARKS = 8
"""So many combining marks of one character are kept: more would draw over the lines around."""


def shown(text: str) -> str:
    """`text` in one line without anything that a terminal would obey."""
    kept: list[str] = []
    marks = 0
    for character in text[:MOST_CHARACTERS]:
        category = unicodedata.category(character)
        marks = marks + 1 if category in {"Mn", "Me"} else 0
        if marks > MOST_MARKS:
            continue
        kept.append(_safe(character, category))
    if len(text) > MOST_CHARACTERS:
        kept.append("…")
    return "".join(kept)


def shown_lines(text: str) -> list[str]:
    """`text` as lines, each of them safe to show; a tab becomes a space."""
    return [shown(line) for line in text[:MOST_CHARACTERS].replace("\t", " ").splitlines()]


def fitted(text: str, width: int) -> str:
    """`text`, safe to show, in exactly `width` cells: cut with `…`, or filled with spaces."""
    line = shown(text)
    if cell_len(line) <= width:
        return set_cell_size(line, width)
    return set_cell_size(cut(line, width), width)


def fitted_right(text: str, width: int) -> str:
    """`text`, safe to show, in exactly `width` cells, to the right."""
    line = cut(shown(text), width)
    return " " * (width - cell_len(line)) + line


def cut(line: str, width: int) -> str:
    """A line that is safe to show in at most `width` cells, with `…` where something is left out."""
    if cell_len(line) <= width:
        return line
    if width <= 0:
        return ""
    return set_cell_size(line, width - 1).rstrip(" ") + "…"


def _safe(character: str, category: str) -> str:
    if category == "Cc":
        code = ord(character)
        if character in "\t\n\r":
            return " "
        return chr(0x2400 + code) if code < 0x20 else "␡" if code == 0x7F else _REPLACED
    if category in {"Cs", "Zl", "Zp"} or character in _REORDERING or character in _WITHOUT_WIDTH:
        return " " if category in {"Zl", "Zp"} else _REPLACED
    return character
