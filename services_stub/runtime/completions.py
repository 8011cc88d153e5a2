"""Hands results from worker threads to coroutines: one wake-up of the event loop a batch, not one a result."""

from __future__ import annotations

import asyncio
from typing import Any


class Completions:
    """Collects the outcomes of a batch and delivers them together."""

    def __init__(self) -> None:
        self._waiting: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[Any], Any, BaseException | None]]] = {}

    def add(self, future: asyncio.Future[Any], result: Any, error: BaseException | None = None) -> None:
        """Remember an outcome; it is delivered by `deliver`."""
        self._waiting.setdefault(future.get_loop(), []).append((future, result, error))

    def deliver(self) -> None:
        """Wake up every event loop that waits for something, once. A loop that has ended waits for nothing."""
        here = asyncio._get_running_loop()
        for loop, outcomes in self._waiting.items():
            if loop is here:
                _resolve(outcomes)
            elif not loop.is_closed():
                loop.call_soon_threadsafe(_resolve, outcomes)
        self._waiting = {}


def _resolve(outcomes: list[tuple[asyncio.Future[Any], Any, BaseException | None]]) -> None:
    for future, result, error in outcomes:
        if future.done():
            continue
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)
