"""A step says what really happened, or fails and ends the story."""

from __future__ import annotations

import asyncio

import pytest

from services_stub.client import Conflict
from services_stub.contracts.problem import problem
from simulator.demo.actors import answered
from simulator.demo.steps import Action, Step, StepFailed, Steps, Unexpected, expect, until


class Watcher:
    def __init__(self) -> None:
        self.seen: list[str | Step] = []

    def began(self, action: str) -> None:
        self.seen.append(action)

    def ended(self, step: Step) -> None:
        self.seen.append(step)


def take(act: Action) -> tuple[Step, Watcher]:
    watcher = Watcher()
    steps = Steps(watcher)
    try:
        asyncio.run(steps.take("Somebody does something", act))
    except StepFailed:
        assert not steps.taken[0].ok
    else:
        assert steps.taken[0].ok
    return steps.taken[0], watcher


def test_a_step_that_goes_well_has_its_outcome() -> None:
    async def act() -> str:
        return "all is well"

    step, watcher = take(act)
    assert (step.action, step.outcome, step.ok) == ("Somebody does something", "all is well", True)
    assert watcher.seen == ["Somebody does something", step]
    assert 0 <= step.seconds < 1


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (Unexpected("the stock is 3"), "the stock is 3"),
        (Conflict(problem(409, "out-of-stock", "none is left")), "Conflict: Out of stock: none is left"),
    ],
)
def test_a_step_that_fails_has_its_reason(error: Exception, outcome: str) -> None:
    async def act() -> str:
        raise error

    step, watcher = take(answered(act))
    assert step.outcome == outcome
    assert watcher.seen[-1] is step


def test_a_bug_is_not_an_outcome() -> None:
    async def act() -> str:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        take(act)


def test_expect_fails_with_the_reason() -> None:
    expect(True, "fine")
    with pytest.raises(Unexpected, match="the stock is 3"):
        expect(False, "the stock is 3")


def test_until_looks_again_until_it_fits() -> None:
    looks = iter([1, 2, 3, 4])

    async def look() -> int:
        return next(looks)

    assert asyncio.run(until(look, lambda seen: seen == 3, what="three")) == 3


def test_until_fails_with_the_last_result() -> None:
    async def look() -> int:
        return 1

    with pytest.raises(Unexpected, match=r"three: not within 0 s; seen last: 1"):
        asyncio.run(until(look, lambda seen: seen == 3, what="three", timeout=0))
