"""The memory of an idle marketplace: that of all its processes, each shared page counted once."""

from __future__ import annotations

import sys

import psutil
import pytest

from tests.bench.machine import memory_mib
from tests.system.marketplace import running_marketplace

MOST_MIB = 450e6 / 2**20
"""Some 40 MB for each of ten services, and what runs around them."""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells the proportional set size")


@pytest.mark.slow
def test_an_idle_marketplace_is_small() -> None:
    with running_marketplace() as marketplace:
        supervisor = psutil.Process(marketplace.state.supervisor_pid)
        family = [supervisor, *supervisor.children(recursive=True)]
        memory = memory_mib({f"{process.name()} {process.pid}": process.pid for process in family})
        assert len(memory) >= len(marketplace.state.services) + len(marketplace.state.infrastructure) + 2
        assert sum(memory.values()) < MOST_MIB, memory
