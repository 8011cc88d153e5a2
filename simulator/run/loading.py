"""The load of a run: worker processes carry out the plan, while a thread applies the faults."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from simulator.engine.load import LoadOptions
from simulator.engine.workers import Workers
from simulator.history import FaultRecord
from simulator.history.progress import FaultOver, Progress
from simulator.measure.measurements import SECOND, Measurements
from simulator.run.log_reader import LogReader
from simulator.run.options import RunOptions
from simulator.run.plugs import Activity
from simulator.run.progress import newest_second
from simulator.run.sagas import Sagas
from simulator.run.targets import Reached
from simulator.workload.workload import ANSWER_TIMEOUT, MarketplaceWorkload

_FAULTS_END_SECONDS = 60.0


class Loading:
    """One load, and all that is known of it at any moment, also after it was interrupted."""

    def __init__(self, options: RunOptions, tell: Callable[[Progress], None]) -> None:
        self._options, self._tell = options, tell
        self.measurements = Measurements()
        self.faults: list[FaultRecord] = []
        self.failure = ""
        """The reason why the faults were not applied as planned."""
        self.started_at = self.ended_at = 0
        """Microseconds of Unix time."""
        self._told = self._ended = 0
        self._faults_stopped = threading.Event()
        self._faults_thread: threading.Thread | None = None

    def run(self, workload: MarketplaceWorkload, reached: Reached, reader: LogReader) -> None:
        """Carry it out.

        Raises:
            WorkerLost: a worker did not get to its end.
        """
        end = self._options.scenario.load.end
        options = LoadOptions(end_us=end, drain_us=ANSWER_TIMEOUT // timedelta(microseconds=1))

        def deliver(part: Measurements) -> None:
            self.measurements.add(part)
            self._ended += part.total
            now = _now()
            elapsed = now - self.started_at
            if elapsed // SECOND > self._told and elapsed < end + SECOND:
                self._told = elapsed // SECOND
                self._tell(newest_second(self.measurements, now, elapsed, reader.sagas.open, reader.latest))

        def begin(unix_start: int) -> None:
            self.started_at = unix_start
            self._faults_thread = threading.Thread(
                target=self._apply_faults, args=(reached, reader.sagas), name="faults"
            )
            self._faults_thread.start()

        with self._healed():
            Workers(workload, options, self._options.workers, deliver, begin).run()

    @contextmanager
    def _healed(self) -> Iterator[None]:
        """Afterwards no fault is in force, however it ended."""
        try:
            yield
        finally:
            self.ended_at = _now()
            self._faults_stopped.set()
            if self._faults_thread is not None:
                self._faults_thread.join(_FAULTS_END_SECONDS)
                if self._faults_thread.is_alive():
                    self.failure = f"the faults are not healed after {_FAULTS_END_SECONDS:g} s"

    def _apply_faults(self, reached: Reached, sagas: Sagas) -> None:
        def activity() -> Activity:
            return Activity(sagas.open, sagas.begun, self._ended)

        def keep(fault: FaultRecord) -> None:
            self.faults.append(fault)
            self._tell(FaultOver(at=_now(), fault=fault))

        try:
            self._options.faults.carry_out(
                reached.state, reached.cluster, self.started_at, self._faults_stopped, activity, keep
            )
        except Exception as error:  # noqa: BLE001 - whatever it is, the run goes on and its verdict says so
            self.failure = f"a fault was not applied: {type(error).__name__}: {error}"


def _now() -> int:
    return time.time_ns() // 1000
