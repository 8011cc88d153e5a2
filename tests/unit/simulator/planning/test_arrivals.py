"""Arrivals: as many as the rate says, where it says, in order."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from math import ceil, exp, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.arrivals import Ramp, expected_arrivals, moments, ramps_of
from simulator.arrivals.rates import ARRIVAL
from simulator.random_stream import RandomStream
from simulator.scenario import Arrivals, Load, Shape
from simulator.scenario.quantities import duration_of, point_of, rate_of

SECOND = 1_000_000
HUNDRED = 100 * 3_600 * 1_000_000
"""A hundred arrivals per second, as rates are held."""


def load(rate: str = "200/s", duration: str = "60s", **others: object) -> Load:
    return Load(rate=rate_of(rate), duration=duration_of(duration), **others)  # type: ignore[arg-type]


def made(load: Load, seed: int = 7) -> list[int]:
    return list(moments(ramps_of(load), load.arrivals, RandomStream(seed, "arrivals")))


def by_tenth(load: Load) -> list[int]:
    tenths = Counter(moment * 10 // load.duration for moment in made(load))
    return [tenths[tenth] for tenth in range(10)]


@st.composite
def ramps(draw: st.DrawFn) -> list[Ramp]:
    lengths = draw(st.lists(st.integers(1, 5 * SECOND), min_size=1, max_size=4))
    rates = draw(st.lists(st.integers(0, HUNDRED), min_size=8, max_size=8))
    ends = [sum(lengths[: place + 1]) for place in range(len(lengths))]
    return [
        Ramp(end - length, end, rates[2 * place], rates[2 * place + 1])
        for place, (length, end) in enumerate(zip(lengths, ends, strict=True))
    ]


@given(ramps(), st.sampled_from(Arrivals), st.integers(0, 2**32))
def test_arrivals_are_in_order_and_as_many_as_the_rate_says(over: list[Ramp], arrivals: Arrivals, seed: int) -> None:
    found = list(moments(over, arrivals, RandomStream(seed, "arrivals")))
    area = sum(ramp.area for ramp in over)
    assert found == sorted(found)
    assert all(0 <= moment <= over[-1].end for moment in found)
    if arrivals is Arrivals.CONSTANT:
        assert len(found) == ceil(area / ARRIVAL)
    else:  # seven standard deviations, and some for the tail of a small mean
        assert abs(len(found) - area / ARRIVAL) <= 7 * sqrt(area / ARRIVAL) + 10


@given(st.integers(1, 60 * SECOND), st.integers(0, 10**15), st.integers(0, 10**15), st.floats(0, 1, exclude_max=True))
def test_a_moment_is_where_the_rate_has_added_up_to_the_level(length: int, first: int, last: int, part: float) -> None:
    ramp = Ramp(0, length, first, last)
    level = int(ramp.area * part)
    moment = ramp.moment(level)
    reached = first * moment + (last - first) * moment * moment // (2 * length)
    assert 0 <= moment < length or level == 0
    assert abs(reached - level) <= 2 * max(first, last) + 2


def test_constant_gaps_are_all_the_same() -> None:
    found = made(load("200/s", arrivals=Arrivals.CONSTANT))
    assert found == [5_000 * number for number in range(12_000)]


def test_a_rate_that_divides_no_second_does_not_drift() -> None:
    found = made(load("7/m", "10m", arrivals=Arrivals.CONSTANT))
    assert found == [number * 60 * SECOND // 7 for number in range(70)]


def test_the_gaps_of_poisson_arrivals_are_exponential() -> None:
    found = made(load("200/s"))
    gaps = sorted(later - earlier for earlier, later in pairwise(found))
    distances = (abs((1 - exp(-gap / 5_000)) - place / len(gaps)) for place, gap in enumerate(gaps))
    assert max(distances) < 1.95 / sqrt(len(gaps))


def test_the_counts_of_poisson_arrivals_vary_as_their_mean() -> None:
    counts = Counter(moment // SECOND for moment in made(load("200/s", "300s")))
    mean = sum(counts.values()) / 300
    variance = sum((counts[second] - mean) ** 2 for second in range(300)) / 299
    assert 0.7 < variance / mean < 1.3  # the standard deviation of the quotient is 0.08; constant gaps have 0


@pytest.mark.parametrize(
    ("shape", "tenths"),
    [
        (Shape.FLAT, [10] * 10),
        (Shape.RAMP, [0.5, 1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5, 8.5, 9.5]),
        (Shape.SPIKE, [10, 10, 10, 10, 30, 30, 10, 10, 10, 10]),
        (Shape.SOAK, [5, 10, 10, 10, 10, 10, 10, 10, 10, 5]),
    ],
)
def test_a_shape_is_the_rate_over_time(shape: Shape, tenths: list[float]) -> None:
    found = by_tenth(load("100/s", "100s", shape=shape, arrivals=Arrivals.CONSTANT))
    assert found == pytest.approx([100 * tenth for tenth in tenths], abs=1)


def test_a_profile_goes_through_its_points_and_jumps_where_two_have_one_moment() -> None:
    points = tuple(map(point_of, ["0:0", "10s:100", "10s:10", "20s:10"]))
    over = ramps_of(Load(profile=points))
    assert expected_arrivals(over) == 600
    found = list(moments(over, Arrivals.CONSTANT, RandomStream(7, "arrivals")))
    assert (sum(moment < 10 * SECOND for moment in found), len(found)) == (500, 600)


def test_another_seed_has_other_arrivals_and_the_same_seed_the_same() -> None:
    assert made(load(), 7) == made(load(), 7)
    assert made(load(), 7) != made(load(), 8)
