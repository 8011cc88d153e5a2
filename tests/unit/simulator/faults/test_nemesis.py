"""The nemesis: the same seed gives the same faults, one at a time, with time to heal after each."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.faults.kinds import SECOND, WORDS
from simulator.faults.nemesis import LEAST_INTERVAL, draw, nemesis_words
from simulator.faults.planned import FaultError, planned
from simulator.faults.target import Target, part_of, problems
from tests.unit.simulator.faults.targets import OUTSIDE, target_of

TARGETS = [target_of(), target_of("apache"), target_of("external", "stripe")]


@given(
    st.sampled_from(TARGETS),
    st.integers(0, 2**63),
    st.integers(LEAST_INTERVAL, 90 * SECOND),
    st.integers(1, 60),
    st.integers(0, SECOND),
)
def test_any_seed_gives_faults_that_can_be_had_one_at_a_time(
    target: Target, seed: int, interval: int, intervals: int, rest: int
) -> None:
    end = interval * intervals + rest
    drawn = draw(WORDS, target, seed, end, interval)
    assert drawn == draw(WORDS, target, seed, end, interval)
    assert problems(drawn, target, end) == []
    assert len(drawn) == end // interval
    assert all(before.end_us + interval // 2 <= after.at for before, after in pairwise(drawn))
    assert drawn[-1].end_us + interval // 4 <= end
    assert [planned(str(fault)) for fault in drawn] == drawn


def test_seeds_differ_and_a_longer_load_begins_in_the_same_way() -> None:
    short, long = draw(WORDS, target_of(), 7, 60 * SECOND), draw(WORDS, target_of(), 7, 600 * SECOND)
    assert len(short) == 6
    assert long[:6] == short
    assert draw(WORDS, target_of(), 8, 60 * SECOND) != short


def test_the_schedule_of_a_seed_is_the_same_on_every_machine() -> None:
    assert [str(fault) for fault in draw(("kill", "pause"), target_of("apache"), 7, 40 * SECOND)] == [
        "kill:payment@2s743ms+1s732ms",
        "kill:broker@13s988ms",
        "pause:payment@24s656ms+1s879ms",
        "pause:product@34s633ms+2s4ms",
    ]


def test_every_kind_comes_before_one_comes_again_and_every_service_is_struck() -> None:
    drawn = draw(WORDS, target_of(), 7, 1_600 * SECOND)
    kinds = [fault.kind for fault in drawn]
    number = len(set(kinds))
    assert {kind.word for kind in kinds} == set(WORDS)
    assert len(set(kinds[:number])) == len(set(kinds[number : 2 * number])) == number
    assert {part_of(fault) for fault in drawn if fault.kind.word == "pause"} == set(target_of().services)


def test_clocks_are_drawn_ahead_and_behind_by_little() -> None:
    amounts = [fault.amount for fault in draw(("skew",), target_of(), 7, 400 * SECOND)]
    assert min(amounts) < 0 < max(amounts)
    assert all(SECOND // 10 <= abs(amount) <= 2 * SECOND for amount in amounts)


def test_only_what_was_asked_for_is_drawn() -> None:
    words = nemesis_words("pause, kill,kill")
    assert words == ("pause", "kill")
    assert {fault.kind.word for fault in draw(words, target_of(), 1, 60 * SECOND)} == {"pause", "kill"}
    assert nemesis_words("all") == WORDS


def test_what_cannot_be_drawn_is_refused() -> None:
    with pytest.raises(FaultError, match=r"there is no fault 'pauze'\. Did you mean pause"):
        nemesis_words("kill,pauze")
    with pytest.raises(FaultError, match="there is no fault ''"):
        nemesis_words("")
    with pytest.raises(FaultError, match="cannot have kill or pause"):
        draw(("kill", "pause"), OUTSIDE, 1, 60 * SECOND)
    with pytest.raises(FaultError, match="cannot have cut"):
        draw(("kill", "cut"), Target(services=("order",), controlled=True), 1, 60 * SECOND)
    with pytest.raises(FaultError, match="a load of 9s is too short for a fault every 10s"):
        draw(WORDS, target_of(), 1, 9 * SECOND)
    with pytest.raises(FaultError, match="an interval of 4s or more"):
        draw(WORDS, target_of(), 1, 60 * SECOND, SECOND)
