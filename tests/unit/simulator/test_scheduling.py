"""A worker of the load generator has short time slices, where the system has them."""

from __future__ import annotations

import ctypes
import platform
import sys
import threading

import pytest

from simulator.engine.scheduling import _Attributes, prefer_short_time_slices

_GET_ATTRIBUTES = {"x86_64": 315, "aarch64": 275}


def slice_of_this_thread() -> int:
    """Nanoseconds; 0 where Linux does not tell, as before 6.12."""
    found = _Attributes()
    ctypes.CDLL(None).syscall(_GET_ATTRIBUTES[platform.machine()], 0, ctypes.byref(found), ctypes.sizeof(found), 0)
    return int(found.runtime)


@pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() not in _GET_ATTRIBUTES or not slice_of_this_thread(),
    reason="the system has no time slices of a given length",
)
def test_the_time_slices_become_short_and_those_of_new_threads_too() -> None:
    found: list[int] = []

    def work() -> None:
        prefer_short_time_slices()
        found.append(slice_of_this_thread())
        inner = threading.Thread(target=lambda: found.append(slice_of_this_thread()))
        inner.start()
        inner.join()

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == [100_000, 100_000]
    assert slice_of_this_thread() != 100_000
