"""Gives memory that was freed back to the system.

glibc does so by itself only at the end of a heap. After a burst of requests one block that stays in use there keeps all
that was freed before it, and a process remains as large as it was at its busiest moment (malloc_trim(3)).
"""

from __future__ import annotations

import ctypes

from services_stub.runtime.periodic import PeriodicWorker

_EVERY = 15.0


def begin_to_trim() -> None:
    """Give back, every few seconds, the pages that nothing in the heap uses. Without glibc there is nothing to do."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is None:
        return

    def work() -> bool:
        trim(0)  # other threads go on meanwhile: a call by ctypes lets go of the interpreter's lock
        return False

    PeriodicWorker("memory", work, _EVERY).start()
