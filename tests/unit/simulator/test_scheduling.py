"""A worker of the load generator shares the processors as a session, and has short time slices where there are any."""

from __future__ import annotations

import multiprocessing
import os
import platform
import subprocess
import sys
import threading
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from ctypes import CDLL, byref, sizeof
from pathlib import Path

import pytest

from simulator.engine.scheduling import _Attributes, give_way, start_without_delay

_GET_ATTRIBUTES = {"x86_64": 315, "aarch64": 275}


def slice_of_this_thread() -> int:
    """Nanoseconds; 0 where Linux does not tell, as before 6.12."""
    found = _Attributes()
    CDLL(None).syscall(_GET_ATTRIBUTES[platform.machine()], 0, byref(found), sizeof(found), 0)
    return int(found.runtime)


def started() -> tuple[bool, list[int]]:
    """Whether this process has a session of its own after that, and the time slices of two threads, one a new one."""
    start_without_delay()
    found = [slice_of_this_thread()]
    thread = threading.Thread(target=lambda: found.append(slice_of_this_thread()))
    thread.start()
    thread.join()
    return os.getsid(0) == os.getpid(), found


@pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() not in _GET_ATTRIBUTES or not slice_of_this_thread(),
    reason="the system has no time slices of a given length",
)
def test_a_worker_has_a_session_of_its_own_and_short_time_slices_in_each_thread() -> None:
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as processes:
        assert processes.submit(started).result() == (True, [100_000, 100_000])
    assert slice_of_this_thread() != 100_000


def test_a_marketplace_of_a_run_gives_way_to_the_load_generator() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, start_new_session=True) as process:
        give_way(process.pid)
        assert os.getpriority(os.PRIO_PROCESS, process.pid) == 5
        with suppress(FileNotFoundError):  # no Linux, or one without automatic groups
            assert Path(f"/proc/{process.pid}/autogroup").read_text().endswith("nice 5\n")
        process.communicate(b"\n")
