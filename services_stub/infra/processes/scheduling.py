"""How the processes of a marketplace share the processors: in long time slices.

By default each wakeup interrupts the process that runs. Processes that wake each other at each message then find cold
caches each time; with long time slices, each finds several messages waiting and handles them together.
"""

from __future__ import annotations

import ctypes
import os
import platform
import sys

_SET_ATTRIBUTES = {"x86_64": 314, "aarch64": 274}
"""The number of the system call sched_setattr(2), which the C library has no function for."""

_TIME_SLICE_NANOSECONDS = 10_000_000


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


def prefer_long_time_slices() -> None:
    """Let this process, and those it forks from now on, interrupt no other and work in time slices of 10 ms.

    Where the system does not have it (Linux before 6.12 has the policy, but no length of time slices), nothing changes.
    """
    number = _SET_ATTRIBUTES.get(platform.machine())
    if sys.platform == "linux" and number is not None:
        wanted = _Attributes(policy=os.SCHED_BATCH, runtime=_TIME_SLICE_NANOSECONDS)
        wanted.size = ctypes.sizeof(wanted)
        ctypes.CDLL(None).syscall(number, 0, ctypes.byref(wanted), 0)
