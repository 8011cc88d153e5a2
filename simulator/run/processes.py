"""The CPU time and memory of the processes of a marketplace, which its state file names, and of the simulator."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil

from services_stub.client.control import NotRunning, read_state
from services_stub.contracts.control import ProcessState, ServiceState, Status
from simulator.history.samples import SIMULATOR, ProcessSample, Usage

_ALL_SERVICES = "services"


class ProcessReader:
    """Reads what processes use. Without the data directory of a marketplace it sees the simulator alone."""

    def __init__(self, data_directory: Path | None) -> None:
        self._directory = data_directory
        self._names: dict[int, str] = {}
        self._known: dict[int, tuple[psutil.Process, float]] = {}
        """Each process by its id, with the CPU seconds that it had used."""
        self._read_at = 0

    def read(self, now: int) -> ProcessSample:
        """The processes since the reading before this one. `now`: microseconds of Unix time."""
        first, seconds = not self._read_at, (now - self._read_at) / 1_000_000
        used: dict[str, Usage] = {}
        seen: dict[int, tuple[psutil.Process, float]] = {}
        for name, process in self._processes():
            with suppress(psutil.Error), process.oneshot():
                times, memory = process.cpu_times(), process.memory_info().rss
                total = times.user + times.system
                # One that was not there at the reading before has used all its time since then.
                before = total if first else self._known.get(process.pid, (process, 0.0))[1]
                cpu = max(0.0, total - before) / seconds
                known = used.get(name, Usage(process.pid, 0.0, 0))
                used[name] = Usage(known.pid, round(known.cpu + cpu, 4), known.memory + memory)
                seen[process.pid] = (process, total)
        self._known, self._read_at = seen, now
        return ProcessSample(now, used)

    def _processes(self) -> Iterator[tuple[str, psutil.Process]]:
        if self._directory is not None:
            with suppress(NotRunning):  # it ends; those that are still there are read on
                self._names = names_of(read_state(self._directory))
        for pid, name in self._names.items():
            with suppress(psutil.Error):
                yield name, self._known[pid][0] if pid in self._known else psutil.Process(pid)
        own = psutil.Process()
        yield SIMULATOR, own
        for child in own.children():
            if child.pid not in self._names:  # a fresh marketplace is a child, too
                yield SIMULATOR, child


def names_of(status: Status) -> dict[int, str]:
    """The name of each process by its id. One that runs several services has a name of its own."""
    names: dict[int, str] = {}
    parts: list[ServiceState | ProcessState] = [*status.infrastructure, *status.services]
    for part in parts:
        if part.pid:
            names[part.pid] = _ALL_SERVICES if part.pid in names else part.name
    return {status.supervisor_pid: "supervisor", status.launcher_pid: "launcher", **names}
