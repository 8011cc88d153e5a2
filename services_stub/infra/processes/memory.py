"""Gives memory that a process needs no more back to the system.

The C library keeps blocks that were freed between others that are in use. A process that had much to do once, for
example with all that waited for a broker, would stay as large as it was then.
"""

from __future__ import annotations

import ctypes
import threading
import time
from collections.abc import Callable

_EVERY_SECONDS = 60.0


def give_back_memory() -> None:
    """Do so from now on, in a thread of its own; nothing where the C library has no malloc_trim(3), as glibc has."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        threading.Thread(target=_trim, args=(trim,), name="malloc_trim", daemon=True).start()


def _trim(trim: Callable[[int], int]) -> None:
    while True:
        time.sleep(_EVERY_SECONDS)
        trim(0)
