"""The steps of the walkthrough: each gives its outcome and its duration, or fails."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

Seen = TypeVar("Seen")
Action = Callable[[], Awaitable[str]]
"""Does something and returns its outcome in a few words."""

EFFECT_SECONDS = 10.0
"""Seconds that an effect of an event may take before it counts as missing."""

_FIRST_LOOK, _LONGEST_LOOK = 0.005, 0.1


class Unexpected(Exception):
    """The outcome is not the one that it should be; the message has both."""


class StepFailed(Exception):
    """A step had the wrong outcome, and the walkthrough cannot go on."""


@dataclass(frozen=True)
class Step:
    """One step as it went. `outcome` is the reason where it is not `ok`."""

    action: str
    outcome: str
    seconds: float
    ok: bool


class StepObserver(Protocol):
    """A watcher of the steps."""

    def began(self, action: str) -> None:
        """A step begins."""

    def ended(self, step: Step) -> None:
        """A step has its outcome."""


class Steps:
    """Takes the steps one by one, and keeps their outcomes."""

    def __init__(self, observer: StepObserver) -> None:
        self.taken: list[Step] = []
        self._observer = observer

    async def take(self, action: str, act: Action) -> None:
        """Take a step.

        Raises:
            StepFailed: its outcome is wrong.

        """
        self._observer.began(action)
        began = time.monotonic()
        try:
            outcome, ok = await act(), True
        except Unexpected as error:
            outcome, ok = str(error), False
        step = Step(action, outcome, time.monotonic() - began, ok)
        self.taken.append(step)
        self._observer.ended(step)
        if not ok:
            raise StepFailed(action)


def expect(truth: bool, otherwise: str) -> None:
    """Go on if it is true.

    Raises:
        Unexpected: it is not; `otherwise` is the reason.

    """
    if not truth:
        raise Unexpected(otherwise)


async def until(
    look: Callable[[], Awaitable[Seen]],
    fits: Callable[[Seen], bool],
    *,
    what: str,
    timeout: float = EFFECT_SECONDS,
) -> Seen:
    """Look again and again until the result fits.

    Raises:
        Unexpected: it did not within `timeout` seconds; the message has the last result.

    """
    deadline = time.monotonic() + timeout
    pause = _FIRST_LOOK
    while not fits(seen := await look()):
        if time.monotonic() > deadline:
            raise Unexpected(f"{what}: not within {timeout:g} s; seen last: {seen}")
        await asyncio.sleep(pause)
        pause = min(pause * 1.5, _LONGEST_LOOK)
    return seen
