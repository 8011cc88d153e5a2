"""Notices when the event loop stands still for more than a tenth of a second, and logs what it did meanwhile.

The loop waits in its selector, and works in between: the selector measures that time, so nothing runs while nothing
happens. A thread looks at a loop that is at work for too long, while it still is: its stack says what holds it up.
"""

from __future__ import annotations

import asyncio
import selectors
import sys
import threading
import time
import traceback
from collections.abc import Callable
from itertools import islice
from types import FrameType
from typing import Any

STALL_SECONDS = 0.1
_DEEPEST = 12
"""So many of the innermost frames are logged: reading the source of all would hold the loop up once more."""


class Watchdog(selectors.DefaultSelector):
    """The selector of the loop that is watched: `asyncio.Runner(loop_factory=watchdog.new_loop)`.

    `log` gets one text for each stall, in the loop's thread; `context` says what was going on.
    """

    def __init__(self, log: Callable[[str], None], context: Callable[[], str]) -> None:
        super().__init__()
        self._log, self._context = log, context
        self._at_work_since: float | None = None
        self._stack: list[traceback.FrameSummary] = []
        self._watched = 0
        self._closed = threading.Event()

    def new_loop(self) -> asyncio.SelectorEventLoop:
        """A loop that is watched from now on until it is closed. To be called once, in its thread."""
        self._watched = threading.get_ident()
        threading.Thread(target=self._look, name="watchdog", daemon=True).start()
        return asyncio.SelectorEventLoop(self)

    def select(self, timeout: float | None = None) -> Any:
        """Wait, as every selector; the time since the last call is work of the loop."""
        begun, self._at_work_since = self._at_work_since, None
        if begun is not None and time.monotonic() - begun > STALL_SECONDS:
            stack, self._stack = "".join(traceback.format_list(self._stack)), []
            self._log(f"stalled for {(time.monotonic() - begun) * 1000:.0f} ms; {self._context()}\n{stack}")
        try:
            return super().select(timeout)
        finally:
            self._at_work_since = time.monotonic()

    def close(self) -> None:
        """End the thread, too."""
        self._closed.set()
        super().close()

    def _look(self) -> None:
        """Keep the stack of work that lasts as long as a stall."""
        seconds = STALL_SECONDS
        while not self._closed.wait(seconds):
            seconds = STALL_SECONDS
            begun = self._at_work_since
            if begun is None:
                continue
            at_work = time.monotonic() - begun
            if at_work < STALL_SECONDS:
                seconds -= at_work
                continue
            frame = sys._current_frames().get(self._watched)
            if frame is None:  # its thread has ended
                return
            stack = [_summary(deeper, line) for deeper, line in islice(traceback.walk_stack(frame), _DEEPEST)]
            del frame
            if self._at_work_since == begun:
                self._stack = stack[::-1]


def _summary(frame: FrameType, line: int) -> traceback.FrameSummary:
    """The place without its source, which is read when it is logged: while a file is read, the stall may end unseen."""
    return traceback.FrameSummary(frame.f_code.co_filename, line, frame.f_code.co_name, lookup_line=False)
