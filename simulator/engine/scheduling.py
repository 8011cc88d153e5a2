"""How a worker of the load generator shares the processors: it is let in at once, and leaves again at once.

The marketplace works in long time slices, so a worker that is woken while all processors are busy would wait until one
of them ends. A process with shorter time slices than the one that runs need not wait, and gets no larger share. Linux
divides the processors among sessions, and then within each: a worker in a session of its own has no part in what the
process that started it, and its terminal, use up.

That is not enough where the marketplace has more to do than the processors can: a request takes several steps of the
worker, and each would wait for its share. A marketplace that was started for the run alone gives way to the worker.
"""

from __future__ import annotations

import ctypes
import os
import platform
import sys
from contextlib import suppress
from pathlib import Path

_SET_ATTRIBUTES = {"x86_64": 314, "aarch64": 274}
"""The number of the system call sched_setattr(2), which the C library has no function for."""

_TIME_SLICE_NANOSECONDS = 100_000
"""The shortest that Linux has."""

_NICE = 5
"""A third of the usual share, where there is not enough for all (sched(7)); with less, a busy machine has none."""


class _Attributes(ctypes.Structure):
    """`struct sched_attr`, first version."""

    _fields_ = (
        ("size", ctypes.c_uint32),
        ("policy", ctypes.c_uint32),
        ("flags", ctypes.c_uint64),
        ("nice", ctypes.c_int32),
        ("priority", ctypes.c_uint32),
        ("runtime", ctypes.c_uint64),
        ("deadline", ctypes.c_uint64),
        ("period", ctypes.c_uint64),
    )


def start_without_delay() -> None:
    """Let this process work in a session of its own, in time slices of 0.1 ms where the system has them.

    Raises:
        PermissionError: it leads a process group, as no worker does.
    """
    os.setsid()
    number = _SET_ATTRIBUTES.get(platform.machine())
    if sys.platform == "linux" and number is not None:
        nice = os.getpriority(os.PRIO_PROCESS, 0)
        wanted = _Attributes(policy=os.SCHED_OTHER, nice=nice, runtime=_TIME_SLICE_NANOSECONDS)
        wanted.size = ctypes.sizeof(wanted)
        ctypes.CDLL(None).syscall(number, 0, ctypes.byref(wanted), 0)


def give_way(leader: int) -> None:
    """Lower the priority of a session for good, by its leader: of its processes, and on Linux of the session, too.

    There, priorities count within a session only (sched(7), autogroup).
    """
    os.setpriority(os.PRIO_PGRP, leader, _NICE)
    with suppress(OSError):  # no Linux, or one without automatic groups
        Path(f"/proc/{leader}/autogroup").write_text(str(_NICE))
