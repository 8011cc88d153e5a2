"""Token buckets and growing pauses by client, in a bounded amount of memory. Pure but for the clock."""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple

MOST_CLIENTS = 20_000
LONGEST_PAUSE = 120.0
FORGOTTEN = 900.0


class Allowance(NamedTuple):
    """The bucket of a client after a request: whether it was admitted, and the numbers to tell.

    `remaining` of `limit` requests are left, and all of them again in `reset` seconds. A refused client is admitted
    again after `retry_after` seconds, which are 0 for an admitted one.
    """

    admitted: bool
    limit: int
    remaining: int
    reset: int
    retry_after: int = 0


class TokenBuckets:
    """A bucket of `burst` tokens for each client that fills by `rate` tokens a second, and gives one to a request.

    A bucket is kept as the time at which it is full again; one that is full is not kept at all. Where more than `most`
    are not full, the clients that came first begin anew.
    """

    def __init__(
        self, rate: float, burst: int, *, most: int = MOST_CLIENTS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._interval, self._burst, self._most, self._clock = 1 / rate, burst, most, clock
        self._full_at: dict[str, float] = {}

    def __len__(self) -> int:
        return len(self._full_at)

    def take(self, client: str) -> Allowance:
        """Take a token for a request of `client`, if there is one."""
        now = self._clock()
        full_at = max(self._full_at.get(client, now), now)
        wait = full_at - now - (self._burst - 1) * self._interval
        if wait > _ROUNDING:
            return Allowance(False, self._burst, 0, math.ceil(full_at - now), math.ceil(wait))
        if client not in self._full_at and len(self._full_at) >= self._most:
            self._make_room(now)
        full_at += self._interval
        self._full_at[client] = full_at
        remaining = int(self._burst - (full_at - now) / self._interval + _ROUNDING)
        return Allowance(True, self._burst, remaining, math.ceil(full_at - now))

    def give_back(self, client: str) -> None:
        """Put a token back that was taken for a request which does not count."""
        if client in self._full_at:
            self._full_at[client] -= self._interval

    def _make_room(self, now: float) -> None:
        kept = {client: full_at for client, full_at in self._full_at.items() if full_at > now}
        for client in list(kept)[: max(0, len(kept) - self._most // 2)]:
            del kept[client]
        self._full_at = kept


class GrowingPauses:
    """Lets `burst` failures of a client pass, and demands a pause before each further one.

    The first is `interval` seconds, each next one twice as long, at most `LONGEST_PAUSE`. After `FORGOTTEN` seconds
    without a failure all is as at first. Where more than `most` clients are known, those that failed longest ago are
    forgotten.
    """

    def __init__(
        self, interval: float, burst: int, *, most: int = MOST_CLIENTS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._interval, self._burst, self._most, self._clock = interval, burst, most, clock
        self._failures: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._failures)

    def take(self, client: str) -> Allowance:
        """Count a failure of `client`, if it may fail now."""
        now = self._clock()
        count, last = self._failures.get(client, (0, now))
        if now - last >= FORGOTTEN:
            count = 0
        wait = last + self._pause(count) - now
        if wait > _ROUNDING:
            return Allowance(False, self._burst, 0, math.ceil(last + FORGOTTEN - now), math.ceil(wait))
        self._failures[client] = count + 1, now
        self._failures.move_to_end(client)
        if len(self._failures) > self._most:
            self._failures.popitem(last=False)
        return Allowance(True, self._burst, max(0, self._burst - count - 1), math.ceil(FORGOTTEN))

    def give_back(self, client: str) -> None:
        """Take a failure back that was none."""
        count, last = self._failures.get(client, (0, 0.0))
        if count:
            self._failures[client] = count - 1, last

    def forget(self, client: str) -> None:
        """Begin anew with a client that has not failed."""
        self._failures.pop(client, None)

    def _pause(self, count: int) -> float:
        return min(self._interval * 2.0 ** min(count - self._burst, 32), LONGEST_PAUSE) if count >= self._burst else 0.0


_ROUNDING = 1e-6
"""Seconds and tokens that arithmetic with floats may lose: nothing a client could notice."""
