"""Threads that do jobs: those that are busy and one that waits, so that a slow answer keeps no job waiting."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

SPARE = 8
"""So many threads wait for the next jobs; further ones end when they have done theirs."""

J = TypeVar("J")


class Threads(Generic[J]):
    """At most `most` threads. Each waits in `take` for jobs and then does them by `do`, which raises nothing.

    `interrupt(n)` lets `take` return nothing n times.
    """

    def __init__(
        self,
        most: int,
        take: Callable[[], Sequence[J]],
        do: Callable[[Sequence[J]], None],
        interrupt: Callable[[int], None],
    ) -> None:
        self._most, self._take, self._do, self._interrupt = most, take, do, interrupt
        self._lock = threading.Lock()
        self._running: set[threading.Thread] = set()
        self._waiting = 0
        self._stopping = False

    def start(self) -> None:
        """Begin with one thread."""
        with self._lock:
            self._start_one()

    def stop(self, timeout: float) -> bool:
        """Finish the jobs under way; whether all threads ended within `timeout` seconds."""
        with self._lock:
            self._stopping = True
            running = list(self._running)
        self._interrupt(len(running))
        deadline = time.monotonic() + timeout
        for thread in running:
            thread.join(max(0.0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in running)

    def _start_one(self) -> None:
        thread = threading.Thread(target=self._run, name=f"charges-{len(self._running) + 1}", daemon=True)
        self._running.add(thread)
        self._waiting += 1
        thread.start()

    def _run(self) -> None:
        while True:
            jobs = self._take()
            with self._lock:
                self._waiting -= 1
                if self._stopping and not jobs:
                    return
                if jobs and not self._waiting and not self._stopping and len(self._running) < self._most:
                    self._start_one()
            self._do(jobs)
            with self._lock:
                if self._stopping or self._waiting >= SPARE:
                    self._running.discard(threading.current_thread())
                    return
                self._waiting += 1
