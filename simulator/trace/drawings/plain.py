"""Text that is safe to show, and exactly as wide as it is allowed to be: whatever a record holds is only text.

Widths are terminal cells: a wide character takes two.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence

import msgspec
from rich.cells import cell_len, set_cell_size

_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Categories that move the cursor, change the direction of a text or show nothing. All else is text."""


_LEAST_WRAPPED = 20
"""Cells; narrower texts are not indented."""


class Signs(msgspec.Struct, frozen=True):
    """The characters of drawings, one cell each."""

    topic: str = "░"
    writer: str = "▒"
    handling: str = "█"
    retry: str = "▓"
    broker: str = "▌"
    answer: str = "╌"
    working: str = "▁"
    line: str = "│"
    across: str = "─"
    tee: str = "├"
    right: str = "▶"
    left: str = "◀"
    more: str = "…"
    dot: str = "·"
    branch: str = "└"
    good: str = "✓"
    bad: str = "✗"
    on_path: str = "›"
    before: str = "«"
    beyond: str = "»"


UNICODE = Signs()
ASCII = Signs(
    topic=".", writer=":", handling="#", retry="r", broker="|", answer="=", working="-", line="|", across="-", tee="+",
    right=">", left="<", more="~", dot="-", branch="`", good="+", bad="x", on_path=">", before="<", beyond=">",
)  # fmt: skip


def plain(text: str) -> str:
    """`text` in one line without characters that would do more than being shown."""
    if text.isascii() and text.isprintable():
        return text
    return "".join("�" if unicodedata.category(character) in _HIDDEN else character for character in text)


def fit(text: str, width: int, more: str = UNICODE.more) -> str:
    """`text` cut to `width` cells, with a sign where something is left out."""
    text = plain(text)
    if cell_len(text) <= width:
        return text
    if width <= 0:
        return ""
    return set_cell_size(text, width - 1).rstrip() + more


def padded(text: str, width: int, more: str = UNICODE.more, *, right: bool = False) -> str:
    """`text` in exactly `width` cells, aligned to the left, or to the right."""
    cut = fit(text, width, more)
    space = " " * max(0, width - cell_len(cut))
    return space + cut if right else cut + space


def flowing(words: Sequence[str], width: int, gap: str = "   ") -> list[str]:
    """`words` one after the other, in as many lines as they need."""
    lines: list[str] = []
    for word in words:
        cut = fit(word, width)
        if lines and cell_len(lines[-1]) + len(gap) + cell_len(cut) <= width:
            lines[-1] += gap + cut
        else:
            lines.append(cut)
    return lines


def wrapped(text: str, width: int, indent: str = "", *, first: str = "") -> list[str]:
    """`text` broken into lines of `width` cells, between its words where that can be.

    They begin with `indent`, the first with `first`.
    """
    if width < _LEAST_WRAPPED:
        indent = first = ""
    lines: list[str] = []
    line, empty = first, True
    for word in plain(text).split():
        while word:
            longer = line + word if empty else f"{line} {word}"
            if cell_len(longer) <= width:
                line, empty = longer, False
                break
            if empty:
                kept = max(1, len(set_cell_size(longer, width).rstrip()) - len(line))
                line, word = line + word[:kept], word[kept:]
            lines.append(fit(line, width))
            line, empty = indent, True
    return [*lines, *([] if empty and lines else [fit(line, width)])]


def duration(microseconds: float) -> str:
    """A length of time with the unit that fits: `0.4 ms`, `53 ms`, `1.25 s`, `3 min 20 s`, `2 h 5 min`."""
    milliseconds = microseconds / 1000
    if milliseconds < 9.95:
        return f"{milliseconds:.1f} ms"
    if milliseconds < 999.5:
        return f"{milliseconds:.0f} ms"
    seconds = milliseconds / 1000
    if seconds < 59.995:
        return f"{seconds:.2f} s"
    minutes = round(seconds) // 60
    if minutes < 60:
        return f"{minutes} min {round(seconds) % 60} s"
    return f"{minutes // 60:,} h {minutes % 60} min"


def finished(lines: Iterable[str], width: int, signs: Signs) -> list[str]:
    """The lines of a drawing: none wider than `width`, none with spaces at its end, all in ASCII if the signs are."""
    cut = (fit(line, width, signs.more).rstrip() for line in lines)
    return [line.encode("ascii", "replace").decode() if signs is ASCII else line for line in cut]
