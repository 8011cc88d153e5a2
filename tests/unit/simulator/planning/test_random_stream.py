"""Random streams: the same everywhere, independent of each other, and of the distributions that they promise."""

from __future__ import annotations

import hashlib
from collections import Counter
from math import exp, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.random_stream import RandomStream, Weighted

DRAWS = 20_000
SEEDS = st.integers(0, 2**63 - 1)


def numbers(*names: str | int, seed: int = 7, count: int = 20) -> list[int]:
    stream = RandomStream(seed, *names)
    return [stream.below(2**64) for _ in range(count)]


def test_the_numbers_are_sha_512_in_counter_mode() -> None:
    """So that another program, in another language, can make the same ones."""
    key = hashlib.sha512(b"7/session/12").digest()
    blocks = b"".join(hashlib.sha512(key + bytes([block]) + bytes(7)).digest()[::-1] for block in range(3))
    assert numbers("session", 12, count=24) == [int.from_bytes(blocks[at : at + 8]) for at in range(0, 192, 8)]


def test_streams_of_other_names_and_seeds_have_other_numbers() -> None:
    streams = [numbers("a"), numbers("b"), numbers("a", 1), numbers("a", 11), numbers("a", seed=8)]
    assert len({number for each in streams for number in each}) == 100


@given(SEEDS, st.integers(1, 2**63))
def test_a_number_lies_below_its_end(seed: int, end: int) -> None:
    assert 0 <= RandomStream(seed, "x").below(end) < end


@given(SEEDS, st.integers(-1000, 1000), st.integers(0, 1000))
def test_both_ends_of_a_range_are_kept(seed: int, lowest: int, width: int) -> None:
    assert lowest <= RandomStream(seed, "x").between(lowest, lowest + width) <= lowest + width


def test_both_ends_of_a_range_are_reached() -> None:
    stream = RandomStream(7, "x")
    assert {stream.between(1, 3) for _ in range(100)} == {1, 2, 3}


@pytest.mark.parametrize("chance", [0, 5, 50, 100])
def test_a_chance_comes_true_as_often_as_it_says(chance: int) -> None:
    stream = RandomStream(7, "x")
    hits, expected = sum(stream.percent(chance) for _ in range(DRAWS)), DRAWS * chance / 100
    assert abs(hits - expected) <= 5 * sqrt(expected * (1 - chance / 100))


def test_exponential_numbers_have_the_exponential_distribution() -> None:
    """By the test of Kolmogorov and Smirnov: 1.95 / √n is exceeded once in a thousand times."""
    stream, mean = RandomStream(7, "x"), 1_000_000
    drawn = sorted(stream.exponential(mean) for _ in range(DRAWS))
    distances = (abs((1 - exp(-number / mean)) - place / DRAWS) for place, number in enumerate(drawn))
    assert max(distances) < 1.95 / sqrt(DRAWS)


def test_weighted_items_come_as_often_as_their_weights_say() -> None:
    stream, items = RandomStream(7, "x"), Weighted({"a": 70, "b": 0, "c": 30})
    drawn = Counter(items.draw(stream) for _ in range(DRAWS))
    assert set(drawn) == {"a", "c"}
    assert abs(drawn["a"] - 0.7 * DRAWS) <= 5 * sqrt(0.7 * 0.3 * DRAWS)
