"""Zipf's law: the thing of rank `r` is chosen in proportion to `1 / r ** exponent`."""

from __future__ import annotations

from bisect import bisect_right
from decimal import Context, Decimal
from itertools import accumulate

from simulator.random_stream import RandomStream

_CONTEXT = Context(prec=20)
_SCALE = Decimal(10**12)


class Zipf:
    """Draws ranks, from 0 for the most popular. Decimals, because powers of floats differ between platforms."""

    def __init__(self, count: int, exponent: Decimal) -> None:
        weights = (_CONTEXT.divide(_SCALE, _CONTEXT.power(Decimal(rank), exponent)) for rank in range(1, count + 1))
        self._sums = list(accumulate(map(int, weights)))

    def draw(self, stream: RandomStream) -> int:
        """A rank."""
        return bisect_right(self._sums, stream.below(self._sums[-1]))
