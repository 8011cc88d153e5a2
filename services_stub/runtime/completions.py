"""Hands the results of a batch to those that wait for them: one wakeup of an event loop a batch, not one a result."""

from __future__ import annotations

import asyncio
import concurrent.futures
from typing import Any

Waiting = asyncio.Future[Any] | concurrent.futures.Future[Any]
"""The place of a result: a coroutine waits for the first, a thread for the second."""


class Completions:
    """Collects the outcomes of a batch and delivers them together."""

    def __init__(self) -> None:
        self._waiting: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[Any], Any, BaseException | None]]] = {}

    def add(self, future: Waiting, result: Any, error: BaseException | None = None) -> None:
        """Take an outcome: a coroutine gets it by `deliver`, a thread at once."""
        if isinstance(future, concurrent.futures.Future):
            _settle(future, result, error)
            return
        self._waiting.setdefault(future.get_loop(), []).append((future, result, error))

    def deliver(self) -> None:
        """Wake up every event loop that waits for an outcome, once. A loop that has ended waits for none."""
        here = asyncio._get_running_loop()
        for loop, outcomes in self._waiting.items():
            if loop is here:
                _resolve(outcomes)
            elif not loop.is_closed():
                loop.call_soon_threadsafe(_resolve, outcomes)
        self._waiting = {}


def _resolve(outcomes: list[tuple[asyncio.Future[Any], Any, BaseException | None]]) -> None:
    for future, result, error in outcomes:
        if not future.done():
            _settle(future, result, error)


def _settle(future: Waiting, result: Any, error: BaseException | None) -> None:
    if error is None:
        future.set_result(result)
    else:
        future.set_exception(error)
