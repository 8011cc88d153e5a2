"""Memory that was freed between blocks that are still in use is given back to the system."""

from __future__ import annotations

import subprocess
import sys

import pytest

_HOLES = """
import os, psutil
from services_stub.runtime import memory
from tests.waiting import wait_for

memory._EVERY = 0.05
own, blocks = psutil.Process(), [os.urandom(3000) for _ in range(30_000)]
kept = blocks[::50]
del blocks
before = own.memory_info().rss
memory.begin_to_trim()
wait_for(lambda: own.memory_info().rss < before - 50e6, what="a smaller process")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="glibc alone has the call")
def test_what_was_freed_in_the_middle_of_the_heap_is_given_back() -> None:
    subprocess.run([sys.executable, "-c", _HOLES], check=True, timeout=60)
