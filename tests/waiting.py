"""Waiting for a condition, in tests of threads and processes: look again and again until it holds."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")
_LOOK_SECONDS = 0.02


def wait_for(condition: Callable[[], T], *, seconds: float = 30.0, what: str = "the condition") -> T:
    """Wait until `condition` gives something true, and return it.

    Raises:
        AssertionError: it did not within `seconds`.

    """
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, f"{what} did not come true within {seconds} s"
        time.sleep(_LOOK_SECONDS)
    return found


async def eventually(condition: Callable[[], Awaitable[T]], *, seconds: float = 30.0, what: str = "the condition") -> T:
    """The same for an asynchronous condition, while the event loop goes on.

    Raises:
        AssertionError: it did not come true within `seconds`.

    """
    deadline = time.monotonic() + seconds
    while not (found := await condition()):
        assert time.monotonic() < deadline, f"{what} did not come true within {seconds} s"
        await asyncio.sleep(_LOOK_SECONDS)
    return found


async def eventually_true(condition: Callable[[], object], *, seconds: float = 30.0) -> None:
    """Wait for a condition that needs no waiting itself, while the event loop goes on.

    Raises:
        AssertionError: it did not come true within `seconds`.

    """

    async def holds() -> object:
        return condition()

    await eventually(holds, seconds=seconds)
