"""Full disks: processes that cannot write to any file, by the limit that Linux has on the size of files.

A limit of 0 makes every write to a file fail, whatever the free space of the machine; sockets are not concerned. Of a
running process only Linux lets another one change it.
"""

from __future__ import annotations

import resource
import sys
from collections.abc import Callable, Sequence

from services_stub.contracts.control_faults import FullDisk
from services_stub.infra.kafka.brokers import CannotDisturb
from services_stub.infra.processes.managed_process import ManagedProcess


class FullDisks:
    """The full disks in force. `process_of` has the process in which a service runs, once it is started."""

    def __init__(self, process_of: Callable[[str], ManagedProcess | None]) -> None:
        self._process_of = process_of
        self._faults: dict[str, FullDisk] = {}

    def all(self) -> Sequence[FullDisk]:
        """The faults in force."""
        return list(self._faults.values())

    def apply(self, fault: FullDisk) -> None:
        """Put a fault into force.

        Raises:
            CannotDisturb: there is no such process yet, or this system does not allow it; nothing is changed.
        """
        process = self._process_of(fault.service)
        if process is None:
            raise CannotDisturb(f"{fault.service} has not been started yet")
        _limit(process.pid, full=True)
        self._faults[fault.id] = fault

    def clear(self, fault_id: str) -> None:
        """Take a fault out of force; KeyError if it is not in force."""
        fault = self._faults.pop(fault_id)
        process = self._process_of(fault.service)
        # Services that share a process share its limit, too.
        if process is not None and all(self._process_of(other.service) is not process for other in self.all()):
            _limit(process.pid, full=False)

    def renew(self) -> None:
        """Lay the faults on the processes that have replaced others."""
        for fault in self.all():
            process = self._process_of(fault.service)
            if process is not None:
                _limit(process.pid, full=True)


def _limit(pid: int, *, full: bool) -> None:
    """Forbid a process to write to files, or allow it as this process is allowed; 0 is no process."""
    if sys.platform != "linux":
        raise CannotDisturb("full-disk: only Linux can limit the files of a running process")
    if not pid:
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (0 if full else soft, hard))
    except ProcessLookupError:
        pass  # it has just ended, and the one that replaces it is limited when it is reported
    except (PermissionError, ValueError) as error:
        raise CannotDisturb(f"full-disk: this system does not allow it: {error}") from error
