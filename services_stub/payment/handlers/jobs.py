"""The requests to the provider: which payments wait to be charged or refunded, and until when.

They lie in memory only. They are derived from the rows, so a restart makes them again.
"""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import msgspec

from services_stub.contracts.envelope import Cause
from services_stub.payment.domain import OPEN_REQUESTS, Effect, Status


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """A request to the provider for the payment of an order, which was in `status` then."""

    request: Effect
    status: Status
    order_id: str
    payment_id: str
    user_id: str
    amount: int
    currency: str
    payment_method: str
    reason: str
    cause: Cause

    @classmethod
    def of(cls, row: Mapping[Any, Any]) -> Job:
        """The open request of a payment's row."""
        status = Status(row["status"])
        return cls(
            request=OPEN_REQUESTS[status],
            status=status,
            order_id=row["order_id"],
            payment_id=row["payment_id"],
            user_id=row["user_id"],
            amount=row["amount"],
            currency=row["currency"],
            payment_method=row["payment_method"],
            reason=row["reason"],
            cause=Cause(row["order_id"], row["caused_by"], row["traceparent"]),
        )


class Scheduled(NamedTuple):
    """A job, when it is due, and which attempt it will be, counted from 1."""

    due: float
    number: int
    job: Job
    attempt: int


class Jobs:
    """Jobs in the order in which they are due. Any thread may put, one takes. `clock` never goes back."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._waiting: list[Scheduled] = []
        self._changed = threading.Condition()
        self._numbers = itertools.count()
        self._interrupted = False

    def put(self, job: Job, *, delay: float = 0.0, attempt: int = 1) -> None:
        """Have `job` done in `delay` seconds."""
        with self._changed:
            heapq.heappush(self._waiting, Scheduled(self._clock() + delay, next(self._numbers), job, attempt))
            self._changed.notify()

    def take(self, most: int, timeout: float | None) -> list[Scheduled]:
        """The jobs that are due, at most `most`; waits for the first up to `timeout` seconds, or until `interrupt`."""
        give_up = None if timeout is None else self._clock() + timeout
        with self._changed:
            while not self._interrupted:
                now = self._clock()
                due: list[Scheduled] = []
                while self._waiting and self._waiting[0].due <= now and len(due) < most:
                    due.append(heapq.heappop(self._waiting))
                if due or (give_up is not None and now >= give_up):
                    return due
                next_due = self._waiting[0].due if self._waiting else None
                ends = [moment for moment in (give_up, next_due) if moment is not None]
                self._changed.wait(min(ends) - now if ends else None)
            self._interrupted = False
        return []

    def interrupt(self) -> None:
        """Let `take` return at once with nothing, this time or the next."""
        with self._changed:
            self._interrupted = True
            self._changed.notify()
