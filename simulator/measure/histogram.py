"""A histogram of durations with a relative error below 0.1 %, which merges exactly.

The buckets are those of an HDR histogram with three significant digits. It is not that of the package `hdrhistogram`,
which allocates every bucket of its range at once (188 kB for an hour, and a run has thousands of histograms, mostly of
few values) and drops values beyond that range. Here only buckets that have a value exist, and no value is out of range.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated

import msgspec

_BITS = 11
"""Values below 2**11 have a bucket of their own; above, 2**10 buckets share each power of two."""

PRECISION = Fraction(1, 2 ** (_BITS - 1))
"""The largest relative error of a percentile; it is never too low."""

_Natural = Annotated[int, msgspec.Meta(ge=0)]


class Histogram(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    """Counts by bucket, in microseconds; sum and maximum are exact."""

    counts: dict[_Natural, _Natural] = {}
    sum: _Natural = 0
    highest: _Natural = 0

    def record(self, value: int) -> None:
        """Count a duration.

        Raises:
            ValueError: it is negative.
        """
        if value < 0:
            raise ValueError(f"a duration is not negative: {value}")
        shift = value.bit_length() - _BITS
        bucket = value if shift <= 0 else (shift << (_BITS - 1)) + (value >> shift)
        self.counts[bucket] = self.counts.get(bucket, 0) + 1
        self.sum += value
        if value > self.highest:
            self.highest = value

    def add(self, other: Histogram) -> None:
        """Count all that `other` counted."""
        for bucket, count in other.counts.items():
            self.counts[bucket] = self.counts.get(bucket, 0) + count
        self.sum += other.sum
        self.highest = max(self.highest, other.highest)

    @property
    def total(self) -> int:
        """The number of durations."""
        return sum(self.counts.values())

    def value_at(self, rank: int) -> int:
        """The duration at a rank from 1 to `total`, in ascending order: exact, or up to `PRECISION` too high.

        Raises:
            ValueError: there are fewer durations.
        """
        seen = 0
        for bucket in sorted(self.counts):
            seen += self.counts[bucket]
            if seen >= rank >= 1:
                return min(_upper_end(bucket), self.highest)
        raise ValueError(f"rank {rank} of {seen} durations")

    def percentile(self, percent: float) -> int:
        """The duration that `percent` of all do not exceed, by the nearest rank.

        Raises:
            ValueError: there are no durations.
        """
        return self.value_at(rank_of(percent, self.total))


def rank_of(percent: float, total: int) -> int:
    """The rank of a percentile among `total` values, from 1; exact for decimal fractions such as 99.9."""
    return max(1, -(-Fraction(str(percent)) * total // 100))


def _upper_end(bucket: int) -> int:
    shift = max(0, (bucket >> (_BITS - 1)) - 1)
    return (((bucket - (shift << (_BITS - 1))) + 1) << shift) - 1
