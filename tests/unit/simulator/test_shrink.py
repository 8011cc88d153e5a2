"""Shrinking: the smallest part that fails is found, only parts that failed are kept, and no more runs than allowed."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from simulator.shrink.minimizing import minimized
from simulator.shrink.shrinking import Part, Shrinking

WHOLE = Part(tuple(range(200)), ("kill:order@1s", "pause:payment@2s+1s", "outage:provider@3s+1s"))
FAILED = frozenset({"charged-once"})


@given(st.integers(1, 60), st.data())
def test_what_is_needed_is_all_that_is_left(number: int, data: st.DataObject) -> None:
    needed = data.draw(st.sets(st.integers(0, number - 1), max_size=5))
    tried: list[Sequence[int]] = []

    def happens(part: Sequence[int]) -> bool:
        tried.append(part)
        return needed <= set(part)

    assert set(minimized(range(number), happens)) == needed
    assert all(list(part) == sorted(set(part)) for part in tried)
    assert len(tried) < 40 + 40 * (len(needed) + 1)


@given(st.integers(1, 40), st.randoms())
def test_only_what_happened_is_kept_even_if_it_happens_by_chance(number: int, random: object) -> None:
    seen = [tuple(range(number))]

    def happens(part: Sequence[int]) -> bool:
        if random.random() < 0.3:  # type: ignore[attr-defined] # hypothesis calls it so
            seen.append(tuple(part))
            return True
        return False

    assert tuple(minimized(range(number), happens)) == seen[-1]


class Runs:
    """Fails where two sessions and a fault come together."""

    def __init__(self, sessions: set[int], faults: set[str], failing: frozenset[str] = FAILED) -> None:
        self.parts: list[Part] = []
        self._sessions, self._faults, self._failing = sessions, faults, failing

    def __call__(self, part: Part) -> frozenset[str]:
        self.parts.append(part)
        fails = self._sessions <= set(part.sessions) and self._faults <= set(part.faults)
        return self._failing if fails else frozenset()


def search(runs: Runs, most: int = 100) -> tuple[Part | None, list[str]]:
    lines: list[str] = []
    return Shrinking(WHOLE, FAILED, runs, most, lines.append).search(), lines


def test_faults_and_sessions_that_are_not_needed_are_left_out() -> None:
    runs = Runs({17, 140}, {"pause:payment@2s+1s"}, FAILED | {"paid-once"})
    smallest, lines = search(runs)
    assert smallest == Part((17, 140), ("pause:payment@2s+1s",))
    assert smallest.options == ["--sessions", "17,140", "--fault", "pause:payment@2s+1s"]
    assert lines[0] == "run 1: 200 sessions, 3 faults: charged-once"
    assert lines[1] == "run 2: 200 sessions, 0 faults: does not fail"
    assert len(set(runs.parts)) == len(runs.parts)
    assert () not in {part.sessions for part in runs.parts}


def test_another_failure_is_not_the_one_that_is_looked_for() -> None:
    assert search(Runs(set(), set(), frozenset({"paid-once"})))[0] is None


def test_no_more_is_run_than_allowed_and_the_smallest_until_then_is_told() -> None:
    runs = Runs({17, 140}, set())
    smallest, lines = search(runs, 12)
    assert len(runs.parts) == 12
    assert lines[-1] == "12 runs are over"
    assert smallest is not None
    assert smallest.faults == ()
    assert 2 < len(smallest.sessions) <= 150
