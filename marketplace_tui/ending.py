"""Ends the client when it is told to, and when its terminal is gone: with the terminal as it was, and the session kept.

A terminal that goes away says so by SIGHUP, but not where that is ignored, as under `nohup`, and not to the client of a
browser, whose terminal is a pipe. Without a terminal, reading keys returns at once, again and again, and drawing may
stand still for ever. So a thread waits for the end of the terminal, and the time to end is bounded.
"""

from __future__ import annotations

import asyncio
import os
import select
import signal
import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from textual.app import App

GRACE_SECONDS = 3.0
"""The longest time that ending may take."""

SIGNALS = (signal.SIGHUP, signal.SIGTERM, signal.SIGINT)
_GONE = select.POLLHUP | select.POLLERR
_OF_SIGNAL = 128
"""The exit code of a process that a signal ended is higher than the signal by this."""


def raise_on_signals() -> None:
    """Before the client runs: let a signal end the process as an exception does, so that the terminal is put right."""

    def told(number: int, _frame: Any) -> None:
        raise SystemExit(_OF_SIGNAL + number)

    for number in SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, told)


def deadline(code: int, at_last: Callable[[], None]) -> threading.Timer:
    """End the process after a while, unless it has ended by then, or this is cancelled. `at_last` is called before."""

    def cut_short() -> None:
        try:
            at_last()
        finally:
            os._exit(code)

    timer = threading.Timer(GRACE_SECONDS, cut_short)
    timer.daemon = True
    timer.start()
    return timer


async def run(app: App[None], *, mouse: bool, at_last: Callable[[], None]) -> None:
    """Run the client until its end. `at_last` is called where it must be cut short."""
    loop = asyncio.get_running_loop()

    def end_in_time(code: int) -> None:
        deadline(code, at_last)
        loop.call_soon_threadsafe(lambda: app.exit(return_code=code))

    for number in SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            loop.add_signal_handler(number, end_in_time, _OF_SIGNAL + number)
    watch = threading.Thread(target=_when_gone, args=(end_in_time,), name="terminal", daemon=True)
    watch.start()
    await app.run_async(mouse=mouse)


def _when_gone(then: Callable[[int], None]) -> None:
    """Wait until the other side of the terminal is closed; where that cannot be waited for, nothing is done."""
    waiting = select.poll()
    waiting.register(sys.__stdin__ or 0, 0)
    if any(happened & _GONE for _, happened in waiting.poll()):
        then(_OF_SIGNAL + signal.SIGHUP)
