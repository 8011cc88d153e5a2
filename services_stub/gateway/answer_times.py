"""How long the services take to answer, as the gateway sees it: the time of each request that it passes on."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable
from itertools import takewhile

WINDOW_SECONDS = 60.0
MOST_KEPT = 1000
"""So many answers of a service are kept, the newest ones."""


class AnswerTimes:
    """The answer times of the last minute by service. `clock` tells seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._kept: dict[str, deque[tuple[float, float]]] = {}

    def note(self, service: str, seconds: float) -> None:
        """Keep the time of one answer, or of waiting in vain for one."""
        kept = self._kept.get(service)
        if kept is None:
            kept = self._kept[service] = deque(maxlen=MOST_KEPT)
        kept.append((self._clock(), seconds))

    def p99_ms(self, service: str) -> float | None:
        """The 99th percentile (nearest rank) of the last minute, in milliseconds; None where nothing was asked."""
        oldest = self._clock() - WINDOW_SECONDS
        recent = takewhile(lambda one: one[0] >= oldest, reversed(self._kept.get(service, ())))
        seconds = sorted(taken for _, taken in recent)
        return seconds[math.ceil(0.99 * len(seconds)) - 1] * 1000 if seconds else None
