"""The speed of the machine is measured until the end, and no longer."""

from __future__ import annotations

import threading

from tests.system.machine_speed import measured_machine
from tests.waiting import wait_for


def test_it_is_measured_until_the_end() -> None:
    with measured_machine(every=0.001) as found:
        wait_for(lambda: len(found) >= 3)
    assert all(each.cpu_ms > 0 for each in found)
    assert [each.at for each in found] == sorted(each.at for each in found)
    assert "machine-speed" not in {thread.name for thread in threading.enumerate()}
