"""Background work that is repeated: a thread with a step, which outlives dependencies that are away."""

from __future__ import annotations

import threading
from collections.abc import Callable

import structlog

from services_stub.runtime.errors import Refused, Unavailable


class PeriodicWorker:
    """Does `work` every `pause` seconds, and at once again while it answers that there may be more to do.

    Work that fails, because a dependency is away, refuses or is too slow, or by a bug, is logged and tried again
    after the pause.
    """

    def __init__(self, name: str, work: Callable[[], bool], pause: float) -> None:
        self._name, self._work, self._pause = name, work, pause
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self, timeout: float) -> None:
        """End after the work under way."""
        self._stopping.set()
        self._thread.join(timeout)

    def step(self) -> bool:
        """Do the work once; whether there may be more to do at once."""
        try:
            return self._work()
        except (Unavailable, Refused, TimeoutError) as error:
            structlog.get_logger().warning(
                "will try again", worker=self._name, reason=str(error) or "no answer in time"
            )
            return False
        except MemoryError:
            raise
        except Exception:  # noqa: BLE001 - a bug that one row provokes must not end the process and all its other work
            structlog.get_logger().exception("work failed by a bug", worker=self._name)
            return False

    def _run(self) -> None:
        while not self._stopping.is_set():
            if not self.step():
                self._stopping.wait(self._pause)
