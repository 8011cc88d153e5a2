"""Values over time as upright bars."""

from __future__ import annotations

from collections.abc import Sequence

from marketplace_tui.text.signs import BARS


def chart(values: Sequence[float], width: int, height: int) -> list[str]:
    """The values as bars in `height` lines of at most `width` cells, the largest one at full height.

    Where they do not all fit, the last ones are drawn. An empty step is the lowest bar.
    """
    if not values or width < 1:
        return []
    each = max(width // len(values), 1)
    drawn = values[-(width // each) :]
    largest = max(drawn)
    parts = len(BARS)
    levels = [max(round(max(value, 0) / largest * height * parts), 1) if largest > 0 else 1 for value in drawn]
    return ["".join(_cell(level - row * parts, each) for level in levels) for row in reversed(range(height))]


def _cell(level: int, width: int) -> str:
    """The part of a bar in one line: as many eighths as are left of it there, and a gap where there is room."""
    sign = BARS[min(level, len(BARS)) - 1] if level > 0 else " "
    return sign * (width - 1) + " " if width > 1 else sign
