"""Histograms: percentiles within their precision of the exact ones, and a merge that is as good as one histogram."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.measure.histogram import PRECISION, Histogram, rank_of

HOUR = 3_600_000_000
durations = st.lists(st.one_of(st.integers(0, 5000), st.integers(0, HOUR), st.integers(0, 2**62)), max_size=60)
percents = st.one_of(st.floats(0.001, 100), st.sampled_from([50, 90, 95, 99, 99.9, 99.99, 100]))
few = settings(max_examples=30, deadline=None)


def histogram_of(values: list[int]) -> Histogram:
    histogram = Histogram()
    for value in values:
        histogram.record(value)
    return histogram


def sum_of(*histograms: Histogram) -> Histogram:
    whole = Histogram()
    for histogram in histograms:
        whole.add(histogram)
    return whole


@few
@given(durations.filter(bool), percents)
def test_a_percentile_is_the_exact_one_or_too_high_by_the_precision_at_most(values: list[int], percent: float) -> None:
    exact = sorted(values)[rank_of(percent, len(values)) - 1]
    assert exact <= histogram_of(values).percentile(percent) <= exact * (1 + PRECISION)


@few
@given(durations, durations, durations)
def test_a_merge_is_associative_and_commutative_and_equals_recording_all_in_one(
    first: list[int], second: list[int], third: list[int]
) -> None:
    a, b, c = histogram_of(first), histogram_of(second), histogram_of(third)
    assert sum_of(sum_of(a, b), c) == sum_of(a, sum_of(b, c)) == sum_of(c, b, a) == histogram_of(first + second + third)


@few
@given(durations)
def test_number_sum_and_highest_are_exact(values: list[int]) -> None:
    histogram = histogram_of(values)
    assert (histogram.total, histogram.sum, histogram.highest) == (len(values), sum(values), max(values, default=0))


def test_values_below_two_milliseconds_are_exact() -> None:
    assert all(histogram_of([value, HOUR]).percentile(50) == value for value in range(2048))


@pytest.mark.parametrize(
    ("percent", "total", "rank"), [(99.9, 1000, 999), (99.9, 1001, 1000), (50, 1, 1), (0.001, 10, 1), (100, 7, 7)]
)
def test_the_rank_of_a_percentile_has_no_error_of_floats(percent: float, total: int, rank: int) -> None:
    assert rank_of(percent, total) == rank


def test_there_is_no_percentile_of_nothing() -> None:
    with pytest.raises(ValueError, match="rank 1 of 0"):
        Histogram().percentile(50)


def test_a_negative_duration_is_a_bug_and_not_counted() -> None:
    histogram = Histogram()
    with pytest.raises(ValueError, match="-1"):
        histogram.record(-1)
    assert histogram == Histogram()
