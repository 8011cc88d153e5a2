"""A running marketplace as the commands see it: its state file, its control API, and the lock of its directory."""

from __future__ import annotations

import contextlib
import os
import signal
import time

from services_stub.client.control import ControlClient, NotAnswering, NotRunning, read_state
from services_stub.contracts.control import Status
from services_stub.infra.config.directory import DataDirectory, is_locked
from services_stub.infra.processes.launcher import DRAIN_SECONDS

_END_SECONDS = 2 * DRAIN_SECONDS + 10


class Running:
    """The marketplace that runs on a data directory."""

    def __init__(self, directory: DataDirectory) -> None:
        """Read its state; raises NotRunning if there is none, also where one was killed and left its state file."""
        if not is_locked(directory):
            raise NotRunning(f"No marketplace runs on {directory.root}. Start one with `marketplace up`.")
        self.state = read_state(directory.root)
        self._control = ControlClient.of(self.state)

    def status(self) -> Status:
        """The state at this moment."""
        return self._control.status()

    def shut_down(self) -> None:
        """Tell it to end: over the control API, or by a signal where that does not answer (not yet, or no more)."""
        try:
            self._control.shut_down()
        except NotAnswering:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.state.supervisor_pid, signal.SIGTERM)


def end(directory: DataDirectory) -> bool:
    """End the marketplace on the directory and wait until its last process is gone; False if there was none."""
    if not is_locked(directory):
        return False
    with contextlib.suppress(NotRunning):
        Running(directory).shut_down()
    deadline = time.monotonic() + _END_SECONDS
    while is_locked(directory):
        if time.monotonic() > deadline:
            raise TimeoutError(f"processes of the marketplace on {directory.root} have not ended")
        time.sleep(0.05)
    return True
