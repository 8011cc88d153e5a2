"""Worker processes: each runs its share of the sessions on an event loop of its own, and sends what it measured.

Session number i belongs to worker i modulo the number of workers. All workers count time from the same moment, so that
the sum of their measurements is that of one process.
"""

from __future__ import annotations

import asyncio
import gc
import multiprocessing
import signal
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from itertools import islice
from multiprocessing.connection import Connection, wait

import uvloop

from simulator.engine.load import Load, LoadOptions
from simulator.engine.scheduling import start_without_delay
from simulator.engine.session import Workload
from simulator.measure.measurements import Measurements

_HEAD_START_NS = 50_000_000
"""Between the message that says when the run starts and its start."""

_STOP_SECONDS = 5.0


class WorkerLost(Exception):
    """A worker ended before its share of the load did; the message says why. Its measurements are not complete."""


class Workers:
    """The processes of one run. `deliver` is given all that they measured, in parts, as it comes.

    `begin` is told the start of the run, in microseconds of Unix time, before it comes.
    """

    def __init__(
        self,
        workload: Workload,
        options: LoadOptions,
        number: int,
        deliver: Callable[[Measurements], None],
        begin: Callable[[int], None] = lambda _unix_start: None,
    ) -> None:
        if number < 1 or (options.max_in_flight is not None and options.max_in_flight < number):
            raise ValueError(f"{number} workers cannot share {options.max_in_flight} operations in flight")
        context = multiprocessing.get_context("spawn")
        self._deliver, self._begin = deliver, begin
        self._running: dict[Connection, int] = {}
        self._processes = []
        # Ctrl-C at a terminal is sent to all its processes: this one decides, and its workers inherit that they do not.
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            for worker in range(number):
                mine, its = context.Pipe()
                share = _share_of(options, worker, number)
                process = context.Process(target=_work, args=(its, workload, share, worker, number), daemon=True)
                process.start()
                its.close()
                self._running[mine] = worker
                self._processes.append(process)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)

        self._started = False

    def run(self) -> None:
        """Start all at the same moment, and return when all have ended.

        Raises:
            WorkerLost: one did not get to its end; the others are stopped.
        """
        try:
            for connection in self._running:
                self._receive(connection)
            start, unix_start = time.monotonic_ns() + _HEAD_START_NS, (time.time_ns() + _HEAD_START_NS) // 1000
            for connection in self._running:
                connection.send((start, unix_start))
            self._begin(unix_start)
            self._started = True
            self._receive_all(None)
        except BaseException:
            self._stop()
            raise
        finally:
            for process in self._processes:
                process.join(_STOP_SECONDS)
                process.kill()

    def _stop(self) -> None:
        """End what still runs, and take what it has measured until then."""
        for process in self._processes:
            if self._started:
                process.terminate()
            else:
                process.kill()
        with suppress(WorkerLost):
            self._receive_all(_STOP_SECONDS)

    def _receive_all(self, seconds: float | None) -> None:
        while self._running:
            ready = wait(list(self._running), seconds)
            if not ready:
                return
            for connection in ready:
                assert isinstance(connection, Connection)
                self._receive(connection)

    def _receive(self, connection: Connection) -> None:
        worker = self._running[connection]
        try:
            message: bytes | str | None = connection.recv()
        except (EOFError, OSError):
            del self._running[connection]
            raise WorkerLost(f"worker {worker} ended in the middle of the run") from None
        if isinstance(message, bytes):
            if message:
                self._deliver(Measurements.decode(message))
        else:
            del self._running[connection]
            connection.close()
            if message is not None:
                raise WorkerLost(f"worker {worker} failed:\n{message}")


def _share_of(options: LoadOptions, worker: int, workers: int) -> LoadOptions:
    if options.max_in_flight is None:
        return options
    return replace(options, max_in_flight=(options.max_in_flight + worker) // workers)


def _work(connection: Connection, workload: Workload, options: LoadOptions, worker: int, workers: int) -> None:
    """The whole life of a worker: it says that it is ready, is told the start, sends parts, and its failure or None."""
    start_without_delay()
    failure: str | None = None
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_work_async(connection, workload, options, worker, workers))
    except asyncio.CancelledError:
        pass  # it was told to stop
    except BaseException:  # noqa: BLE001 - whatever it is, the process that started this one must hear of it
        failure = traceback.format_exc()
    with suppress(OSError):  # who started it is gone
        connection.send(failure)


async def _work_async(
    connection: Connection, workload: Workload, options: LoadOptions, worker: int, workers: int
) -> None:
    this = asyncio.current_task()
    assert this is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, this.cancel)
    async with workload.performing() as perform:
        sessions = islice(workload.sessions(), worker, None, workers)
        gc.freeze()  # to look for garbage among all modules takes 30 ms, in which nothing starts
        connection.send(b"")
        started: tuple[int, int] = connection.recv()  # nothing else runs on this loop yet
        start, unix_start = started
        while (left := start - time.monotonic_ns()) > 0:
            await asyncio.sleep(left / 1e9)

        def clock() -> int:
            return (time.monotonic_ns() - start) // 1000

        def deliver(part: Measurements) -> None:
            connection.send(part.encode())

        await Load(options, perform, clock, deliver, unix_start=unix_start, worker=worker).run(sessions)
