"""Random numbers that are the same on every machine and in every version of Python: SHA-512 in counter mode.

Each entity (a product, a session) has a stream of its own, named after it, so that adding one does not change others.
There are no floats, because logarithms and powers come from the C library of the platform and differ in their last bit.
"""

from __future__ import annotations

import hashlib
import struct
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Generic, TypeVar

Item = TypeVar("Item")

_BITS = 64
_BLOCK = struct.Struct("<8Q")


class RandomStream:
    """The numbers that belong to a seed and a name."""

    def __init__(self, seed: int, *names: str | int) -> None:
        self._key = hashlib.sha512("/".join(map(str, (seed, *names))).encode()).digest()
        self._blocks = 0
        self._numbers: list[int] = []

    def _next(self) -> int:
        """A number of 64 bits."""
        if not self._numbers:
            digest = hashlib.sha512(self._key + self._blocks.to_bytes(8, "little")).digest()
            self._numbers = list(_BLOCK.unpack(digest))
            self._blocks += 1
        return self._numbers.pop()

    def below(self, end: int) -> int:
        """A whole number from 0 to `end - 1`, each as likely as the other (to 2⁻⁶⁴ · `end`)."""
        return (self._next() * end) >> _BITS

    def between(self, lowest: int, highest: int) -> int:
        """A whole number from `lowest` to `highest`, both of them possible."""
        return lowest + self.below(highest - lowest + 1)

    def percent(self, chance: int) -> bool:
        """True in `chance` of a hundred cases."""
        return self.below(100) < chance

    def pick(self, items: Sequence[Item]) -> Item:
        """One of `items`."""
        return items[self.below(len(items))]

    def exponential(self, mean: int) -> int:
        """A number of the exponential distribution with this mean, rounded down.

        By von Neumann's comparison of uniform numbers, which needs no logarithm: a run of falling numbers of odd length
        gives its first number as the fraction, one of even length adds 1.
        """
        whole = 0
        while True:
            first = last = self._next()
            odd = True
            while (number := self._next()) < last:
                last, odd = number, not odd
            if odd:
                return (mean * ((whole << _BITS) + first)) >> _BITS
            whole += 1


class Weighted(Generic[Item]):
    """Items, each drawn as often as its weight says; their order is part of the outcome."""

    def __init__(self, weights: Mapping[Item, int]) -> None:
        self._items = tuple(weights)
        self._sums = list(accumulate(weights.values()))

    def draw(self, stream: RandomStream) -> Item:
        """One of the items."""
        return self._items[bisect_right(self._sums, stream.below(self._sums[-1]))]
