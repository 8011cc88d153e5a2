"""Numbers of sessions as people write them: `3,17,40-60`."""

from __future__ import annotations

import re
from collections.abc import Collection
from itertools import groupby

from simulator.scenario.quantities import shown

_RANGE = re.compile(r"(\d{1,9})(?:-(\d{1,9}))?", re.ASCII)
MOST = 1_000_000


def numbers_of(text: str) -> frozenset[int]:
    """The numbers that a text names.

    Raises:
        ValueError: it is not made of numbers and ranges, or of more than `MOST` numbers.
    """
    found: set[int] = set()
    for part in text.split(","):
        match = _RANGE.fullmatch(part.strip())
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
        if first > last:
            raise ValueError(f"{shown(text)}: write numbers of sessions and ranges of them, as 3,17,40-60")
        if last - first + len(found) >= MOST:
            raise ValueError(f"{shown(text)}: at most {MOST:,} sessions")
        found.update(range(first, last + 1))
    return frozenset(found)


def numbers_text(numbers: Collection[int]) -> str:
    """The shortest text for numbers."""
    ranges = groupby(enumerate(sorted(numbers)), key=lambda pair: pair[1] - pair[0])
    ends = [[number for _, number in pairs] for _, pairs in ranges]
    return ",".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in ends)
