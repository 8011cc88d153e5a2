"""Gives memory that was freed back to the system.

glibc does so by itself only at the end of a heap. After a burst of requests one block that stays in use there keeps all
that was freed before it, and a process remains as large as it was at its busiest moment (malloc_trim(3)).
"""

from __future__ import annotations

import ctypes
import threading
import time
from collections.abc import Callable

_EVERY = 15.0


def begin_to_trim() -> None:
    """Give back, every few seconds, the pages that nothing in the heap uses. Without glibc there is nothing to do."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        threading.Thread(target=_go_on, args=(trim,), name="memory", daemon=True).start()


def _go_on(trim: Callable[[int], int]) -> None:
    while True:
        time.sleep(_EVERY)
        trim(0)  # the other threads go on meanwhile: a call by ctypes lets go of the interpreter's lock
