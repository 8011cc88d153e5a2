"""The statistics of a comparison of two runs. Pure.

A run keeps its latencies as histograms by second, and those of neighbouring seconds depend on each other: a queue
that is long now is long a second later. So a percentile is taken of each block of consecutive seconds, and the blocks
of both runs are compared by the rank test of Mann and Whitney ("On a Test of Whether one of Two Random Variables is
Stochastically Larger than the Other", Annals of Mathematical Statistics 18, 1947): two-sided, by its normal
approximation, with the corrections for ties and for continuity. It assumes no distribution, and an operation without
an answer only has the highest rank. Blocks still depend on each other a little, which is why a difference also has to
be large to count. Of many comparisons some are significant by chance, so p-values are adjusted by Holm's method ("A
Simple Sequentially Rejective Multiple Test Procedure", Scandinavian Journal of Statistics 6, 1979).

It says that two runs differ, not why: another load on the machine makes a difference, too. Runs that alternate tell.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from statistics import NormalDist
from typing import NamedTuple


class Rank(NamedTuple):
    """The result of a rank test: the two-sided p-value, and how large the difference is.

    `larger` is the share of all pairs of values, one of each sample, in which that of the second is larger, and half of
    those in which both are equal: 0.5 without a difference.
    """

    p_value: float
    larger: float


def mann_whitney(ones: Sequence[float], others: Sequence[float]) -> Rank:
    """Whether the values of one of two samples tend to be larger. They may be infinite.

    Raises:
        ValueError: a sample is empty.
    """
    n, m = len(ones), len(others)
    if not n or not m:
        raise ValueError("a sample is empty")
    ranks = ranks_of([*ones, *others])
    u = sum(ranks[:n]) - n * (n + 1) / 2
    mean = n * m / 2
    ties = sum(count**3 - count for count in Counter([*ones, *others]).values())
    variance = n * m / 12 * (n + m + 1 - ties / ((n + m) * (n + m - 1)))
    if variance <= 0:  # all values are the same
        return Rank(1.0, 0.5)
    z = max(0.0, abs(u - mean) - 0.5) / math.sqrt(variance)
    return Rank(min(1.0, 2 * NormalDist().cdf(-z)), 1 - u / (n * m))


def ranks_of(values: Sequence[float]) -> list[float]:
    """The rank of each value, from 1; equal values have the mean of theirs."""
    order = sorted(range(len(values)), key=values.__getitem__)
    ranks = [0.0] * len(values)
    begin = 0
    while begin < len(order):
        end = begin
        while end < len(order) and values[order[end]] == values[order[begin]]:
            end += 1
        for place in order[begin:end]:
            ranks[place] = (begin + 1 + end) / 2
        begin = end
    return ranks


def holm(p_values: Sequence[float]) -> list[float]:
    """The p-values, adjusted for their number."""
    adjusted = [0.0] * len(p_values)
    largest = 0.0
    for place, index in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        largest = max(largest, min(1.0, (len(p_values) - place) * p_values[index]))
        adjusted[index] = largest
    return adjusted
