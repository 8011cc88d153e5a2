"""How long a process that died waits before it is started again."""

from __future__ import annotations

STEPS = (0.0, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
SETTLED_SECONDS = 20.0


class RestartBackoff:
    """The growing pauses of one process: none at first, and none again once it has lived for a while."""

    def __init__(self) -> None:
        self._step = 0

    def after(self, lived: float) -> float:
        """The seconds to wait after a process that lived for `lived` seconds."""
        if lived >= SETTLED_SECONDS:
            self._step = 0
        pause = STEPS[min(self._step, len(STEPS) - 1)]
        self._step += 1
        return pause
