"""Notices when the event loop stands still for more than a tenth of a second, and logs what it did meanwhile.

The loop notes the time every 20 ms. A thread looks at that time: where it is too old, the stack of the loop's thread
says what holds it up, and it is logged with the context when the loop goes on.
"""

from __future__ import annotations

import asyncio
import sys
import threading
import time
import traceback
from collections.abc import Callable

STALL_SECONDS = 0.1
BEAT_SECONDS = 0.02
_DEEPEST = 12
"""So many of the innermost frames are logged."""


class Watchdog:
    """Watches the loop in which `run` runs. `log` gets one text for each stall; `context` says what was going on."""

    def __init__(self, log: Callable[[str], None], context: Callable[[], str]) -> None:
        self._log, self._context = log, context
        self._beat = time.monotonic()
        self._stopped = threading.Event()
        self._watched = threading.get_ident()

    async def run(self) -> None:
        """Note the time until cancelled."""
        self._watched, self._beat = threading.get_ident(), time.monotonic()
        thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)
        thread.start()
        try:
            while True:
                self._beat = time.monotonic()
                await asyncio.sleep(BEAT_SECONDS)
        finally:
            self._stopped.set()

    def _watch(self) -> None:
        while not self._stopped.wait(STALL_SECONDS / 2):
            beat = self._beat
            if time.monotonic() - beat <= STALL_SECONDS:
                continue
            frame = sys._current_frames().get(self._watched)
            stack = "".join(traceback.format_stack(frame)[-_DEEPEST:]) if frame is not None else ""
            del frame
            while self._beat == beat and not self._stopped.wait(BEAT_SECONDS / 2):
                pass
            self._log(f"stalled for {(time.monotonic() - beat) * 1000:.0f} ms; {self._context()}\n{stack}")
