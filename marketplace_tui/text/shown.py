"""Text of others made safe to show: one line, no control codes, no marks that reorder what stands around it.

The Unicode categories decide: Cc and Cs, the line and paragraph separators, and the formats that reorder text (UAX #9)
or have no width are shown as what they are, by a sign of their own. What joins characters into one is left out, because
terminals disagree on the cells that the one takes: members of an emoji stand side by side, a flag is the code of its
country. All else is text.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from rich.cells import cell_len, get_character_cell_size, set_cell_size

_REORDERING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_WITHOUT_WIDTH = frozenset("\u200b\u2060\ufeff\u00ad")
_JOINING = frozenset(["\u200d", *map(chr, range(0xFE00, 0xFE10)), *map(chr, range(0x1F3FB, 0x1F400))])
"""The joiner, the variation selectors and the skin tones."""

_FIRST_OF_FLAGS, _LAST_OF_FLAGS = "\U0001f1e6", "\U0001f1ff"
_REPLACED = "\ufffd"

MOST_CHARACTERS = 10_000
"""Longer text is cut before anything is computed from it."""

MOST_MARKS = 8
"""So many characters without a width are kept behind one that has some: more would draw over the lines around."""


@lru_cache(maxsize=1024)
def shown(text: str) -> str:
    """`text` in one line without anything that a terminal would obey."""
    if text.isascii() and text.isprintable() and len(text) <= MOST_CHARACTERS:
        return text
    kept: list[str] = []
    marks = 0
    for character in map(_safe, text[:MOST_CHARACTERS]):
        if character:
            marks = 0 if get_character_cell_size(character) else marks + 1
            if marks <= MOST_MARKS:
                kept.append(character)
    if len(text) > MOST_CHARACTERS:
        kept.append("…")
    return "".join(kept)


def shown_in_place(text: str) -> str:
    """`text`, safe to show, with one character for each of its own: for fields, whose cursor counts characters."""
    if text.isascii() and text.isprintable():
        return text
    kept: list[str] = []
    marks = 0
    for character in text:
        safe = _safe(character) or _REPLACED
        marks = 0 if get_character_cell_size(safe) else marks + 1
        kept.append(safe if marks <= MOST_MARKS else _REPLACED)
    return "".join(kept)


def shown_lines(text: str) -> list[str]:
    """`text` as lines, each of them safe to show; a tab becomes a space."""
    return [shown(line) for line in text[:MOST_CHARACTERS].replace("\t", " ").splitlines()]


def fitted(text: str, width: int) -> str:
    """`text`, safe to show, in exactly `width` cells: cut with `…`, or filled with spaces."""
    return set_cell_size(cut(shown(text), width), width)


def fitted_right(text: str, width: int) -> str:
    """`text`, safe to show, in exactly `width` cells, to the right."""
    line = cut(shown(text), width)
    return " " * (width - cell_len(line)) + line


def cut(line: str, width: int) -> str:
    """A line that is safe to show in at most `width` cells, with `…` where something is left out."""
    if cells_up_to(line, width) <= width:
        return line
    if width <= 0:
        return ""
    return set_cell_size(line[: _enough(width)], width - 1).rstrip(" ") + "…"


def cells_up_to(line: str, width: int) -> int:
    """The cells that a line takes, if it is safe to show; where they are more than `width`, it is not said how many."""
    return cell_len(line[: _enough(width)])


def _enough(width: int) -> int:
    """So many characters of a line that is safe to show take more than `width` cells."""
    return (max(width, 0) + 1) * (MOST_MARKS + 1) + MOST_MARKS


def _safe(character: str) -> str:
    """The character that stands for another one: mostly itself; nothing where it only joins others."""
    if character in _JOINING:
        return ""
    if _FIRST_OF_FLAGS <= character <= _LAST_OF_FLAGS:
        return chr(ord("A") + ord(character) - ord(_FIRST_OF_FLAGS))
    category = unicodedata.category(character)
    if category == "Cc":
        code = ord(character)
        if character in "\t\n\r":
            return " "
        return chr(0x2400 + code) if code < 0x20 else "␡" if code == 0x7F else _REPLACED
    if category in {"Cs", "Zl", "Zp"} or character in _REORDERING or character in _WITHOUT_WIDTH:
        return " " if category in {"Zl", "Zp"} else _REPLACED
    return character
