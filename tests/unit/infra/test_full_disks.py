"""Full disks: a process cannot write to files, its successor neither, and both can again once it is cleared."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from services_stub.contracts.control_faults import FullDisk
from services_stub.infra.kafka.brokers import CannotDisturb
from services_stub.infra.processes.managed_process import ManagedProcess
from services_stub.infra.processes.protocol import Execute
from services_stub.infra.supervisor.full_disks import FullDisks

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits the files of a running process")

WRITER = """
import sys
for line in sys.stdin:
    try:
        with open(sys.argv[1], "w") as file:
            file.write("x")
        print("written", flush=True)
    except OSError as error:
        print(error.strerror, flush=True)
"""
TOO_LARGE = os.strerror(27)
ORDER = FullDisk(service="order")


class Writing:
    """A process that writes to a file when it is told to."""

    def __init__(self, file: Path) -> None:
        command = [sys.executable, "-c", WRITER, str(file)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.pid = self.process.pid

    def tries(self) -> str:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()


@pytest.fixture
def both(tmp_path: Path) -> Iterator[tuple[Writing, Writing]]:
    writing = Writing(tmp_path / "one"), Writing(tmp_path / "two")
    yield writing
    for each in writing:
        each.process.communicate(timeout=10)


def managed(pid: int) -> ManagedProcess:
    return ManagedProcess(Execute(name="order", arguments=[], log=""), pid=pid)


def test_a_process_and_its_successor_cannot_write_until_it_is_cleared(both: tuple[Writing, Writing]) -> None:
    first, second = both
    process = managed(first.pid)
    disks = FullDisks({"order": process}.get)
    assert first.tries() == "written"
    disks.apply(ORDER)
    assert first.tries() == TOO_LARGE
    assert disks.all() == [ORDER]
    process.pid = second.pid
    assert second.tries() == "written"
    disks.renew()
    assert second.tries() == TOO_LARGE
    disks.clear(ORDER.id)
    assert second.tries() == "written"
    disks.renew()
    assert second.tries() == "written"
    with pytest.raises(KeyError):
        disks.clear(ORDER.id)


def test_services_that_share_a_process_share_its_disk(both: tuple[Writing, Writing]) -> None:
    writing = both[0]
    process = managed(writing.pid)
    disks = FullDisks({"order": process, "cart": process}.get)
    cart = FullDisk(service="cart")
    disks.apply(ORDER)
    disks.apply(cart)
    disks.clear(ORDER.id)
    assert writing.tries() == TOO_LARGE
    disks.clear(cart.id)
    assert writing.tries() == "written"


def test_a_process_that_is_not_there_takes_no_harm(both: tuple[Writing, Writing]) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait(10)
    processes = {"order": managed(gone.pid), "cart": managed(0)}
    disks = FullDisks(processes.get)
    disks.apply(ORDER)
    disks.apply(FullDisk(service="cart"))
    disks.renew()
    disks.clear(ORDER.id)
    with pytest.raises(CannotDisturb, match="has not been started yet"):
        disks.apply(FullDisk(service="search"))
