"""The pacer: nothing too early, all that is due at once, in the order in which it is due."""

from __future__ import annotations

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.engine.pacer import Pacer
from tests.unit.simulator.virtual_time import clock, in_virtual_time

MILLISECOND = 1000


def released(dues: list[int], *, at: int = 0) -> list[tuple[int, int]]:
    """Each due time with the time at which its task went on, in the order of going on; all tasks begin `at`."""
    found: list[tuple[int, int]] = []
    records: list[tuple[int, int]] = []

    async def main() -> None:
        pacer = Pacer(clock, lambda due, error: records.append((due, due + error)))
        await asyncio.sleep(at / 1_000_000)

        async def one(due: int) -> None:
            await pacer.until(due)
            found.append((due, clock()))

        await asyncio.gather(*map(one, dues))

    in_virtual_time(main)
    assert sorted(records) == sorted(found)
    return found


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 20 * MILLISECOND), max_size=20), st.sampled_from([0, 5 * MILLISECOND]))
def test_nothing_is_released_before_it_is_due_or_a_millisecond_after(dues: list[int], at: int) -> None:
    found = released(dues, at=at)
    assert sorted(due for due, _ in found) == sorted(dues)
    assert all(max(due, at) <= time <= max(due, at) + MILLISECOND for due, time in found)
    assert [time for _, time in found] == sorted(time for _, time in found)


def test_what_is_due_at_once_is_released_at_once() -> None:
    assert released([7 * MILLISECOND] * 3) == [(7 * MILLISECOND, 7 * MILLISECOND)] * 3


def test_one_that_is_due_earlier_than_all_that_wait_sets_the_timer_anew() -> None:
    dues = [9 * MILLISECOND, 6 * MILLISECOND, 3 * MILLISECOND]
    assert released(dues) == [(due, due) for due in reversed(dues)]


def test_what_was_given_up_does_not_hold_up_the_rest() -> None:
    async def main() -> int:
        pacer = Pacer(clock, lambda _due, _error: None)
        given_up = asyncio.create_task(pacer.until(2 * MILLISECOND))
        waiting = asyncio.create_task(pacer.until(4 * MILLISECOND))
        await asyncio.sleep(0)
        given_up.cancel()
        await waiting
        return clock()

    assert in_virtual_time(main) == 4 * MILLISECOND
