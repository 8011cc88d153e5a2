"""Delta debugging: the smallest list of things with which something still happens, found by trying parts of it.

Source: Zeller and Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", IEEE TSE 28(2), 2002, algorithm
*ddmin*. What happens by chance may not happen in a part that could show it: then the result is larger than it had to
be, and never wrong, for only parts with which it did happen are kept.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TypeVar

T = TypeVar("T")


def minimized(things: Sequence[T], happens: Callable[[Sequence[T]], bool]) -> Sequence[T]:
    """A part of `things`, with which it happens, while it was not seen to happen with any one of its pieces left out.

    It happens with all of them, which is not tried. Without any thing is tried first, as that is often enough.
    """
    if not things or happens(()):
        return ()
    pieces = 2
    while len(things) > 1:
        for part in _halving(things, pieces):
            if happens(part):
                pieces = 2 if len(part) * pieces <= len(things) else max(pieces - 1, 2)
                things = part
                break
        else:
            if pieces >= len(things):
                break
            pieces = min(2 * pieces, len(things))
    return things


def _halving(things: Sequence[T], pieces: int) -> list[Sequence[T]]:
    """Each of so many pieces alone, and then everything but each. Of two pieces each is what the other leaves."""
    ends = [len(things) * number // pieces for number in range(pieces + 1)]
    bounds = list(pairwise(ends))
    alone = [things[begin:end] for begin, end in bounds]
    others = [[*things[:begin], *things[end:]] for begin, end in bounds]
    return [*alone, *(others if pieces > 2 else [])]
