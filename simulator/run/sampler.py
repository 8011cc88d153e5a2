"""Samples a run once a second in a thread of its own: what is under way, and what the processes use."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from simulator.history.progress import Moment
from simulator.history.samples import SIMULATOR, ProcessSample
from simulator.run.log_reader import LogReader
from simulator.run.processes import ProcessReader

_LOOK_SECONDS = 1.0
_END_SECONDS = 5.0


class Sampler:
    """Writes samples of the processes to a file, and tells each moment. Use it as a context manager."""

    def __init__(
        self,
        path: Path,
        processes: ProcessReader,
        reader: LogReader,
        in_force: Callable[[], Sequence[str]],
        tell: Callable[[Moment], None],
    ) -> None:
        """`in_force` gives the faults that are. Raises OSError where the file cannot be written."""
        self._file = path.open("wb", buffering=0)
        self._processes, self._reader, self._in_force, self._tell = processes, reader, in_force, tell
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="samples", daemon=True)

    def __enter__(self) -> Self:
        self._processes.read(_now())  # CPU is counted from here
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopped.set()
        self._thread.join(_END_SECONDS)
        self._file.close()

    def _run(self) -> None:
        while not self._stopped.wait(_LOOK_SECONDS):
            sample = self._processes.read(_now())
            with suppress(OSError):  # on a full disk this sample is missing, and the run goes on
                self._file.write(msgspec.json.encode(sample) + b"\n")
            self._tell(self._moment(sample))

    def _moment(self, sample: ProcessSample) -> Moment:
        latest = self._reader.latest
        lags = () if latest is None else latest.groups.values()
        return Moment(
            at=sample.at,
            open_sagas=self._reader.sagas.open,
            refunds_due=self._reader.sagas.refunds_due,
            lag=sum(lag.records for lag in lags),
            lag_seconds=round(max((lag.seconds for lag in lags), default=0.0), 3),
            faults=tuple(self._in_force()),
            cpu=round(sum(usage.cpu for name, usage in sample.processes.items() if name != SIMULATOR), 3),
            unread=self._reader.failure,
            violations=self._reader.audit.violations,
        )


def _now() -> int:
    return time.time_ns() // 1000
