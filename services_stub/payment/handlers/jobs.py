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
from services_stub.payment.domain import ChargeRequest, Effect, RefundRequest, Status


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """A request to the provider: the charge of an order, whose payment was in `status` then, or one of its refunds.

    A refund is of the part of `seller_id`, or of all that was charged if that is empty; amounts are in cents.
    """

    request: Effect
    status: Status
    order_id: str
    payment_id: str
    user_id: str
    amount: int
    currency: str
    payment_method: str
    charge_id: str = ""
    seller_id: str = ""
    refund_amount: int = 0
    reason: str
    cause: Cause
    asked_before: bool = False

    @classmethod
    def charge(cls, row: Mapping[Any, Any]) -> Job:
        """The charge of a payment's row, as one that was not asked for yet."""
        return cls(
            request=Effect.REQUEST_CHARGE,
            status=Status(row["status"]),
            order_id=row["order_id"],
            payment_id=row["payment_id"],
            user_id=row["user_id"],
            amount=row["amount"],
            currency=row["currency"],
            payment_method=row["payment_method"],
            charge_id=row["charge_id"],
            reason=row["reason"],
            cause=Cause(row["order_id"], row["caused_by"], row["traceparent"]),
        )

    @classmethod
    def refund(cls, row: Mapping[Any, Any]) -> Job:
        """A refund of a payment's row that is joined with it."""
        return msgspec.structs.replace(
            cls.charge(row),
            request=Effect.REQUEST_REFUNDS,
            seller_id=row["seller_id"],
            refund_amount=row["refund_amount"],
            reason=row["refund_reason"],
            cause=Cause(row["order_id"], row["refund_caused_by"], row["refund_traceparent"]),
        )

    def charge_request(self) -> ChargeRequest:
        """The charge that the order asks for."""
        return ChargeRequest(self.order_id, self.amount, self.currency, self.payment_method, self.asked_before)

    def refund_request(self) -> RefundRequest:
        """The refund under its key, which is the same whenever it is asked for."""
        key = f"{self.order_id}/{self.seller_id}" if self.seller_id else self.order_id
        return RefundRequest(self.charge_request(), key, self.refund_amount, self.charge_id)

    def again(self) -> Job:
        """The same request, as one that may have been made before."""
        return msgspec.structs.replace(self, asked_before=True)


class Scheduled(NamedTuple):
    """A job, when it is due, and which attempt it will be, counted from 1."""

    due: float
    number: int
    job: Job
    attempt: int


class Jobs:
    """Jobs in the order in which they are due. Any thread may put and take. `clock` never goes back.

    An order whose job was taken is busy until `release`: its next job waits, because a refund that overtakes its
    charge would find nothing to refund.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._waiting: list[Scheduled] = []
        self._changed = threading.Condition()
        self._numbers = itertools.count()
        self._busy: dict[str, list[Scheduled]] = {}
        self._interruptions = 0

    def put(self, job: Job, *, delay: float = 0.0, attempt: int = 1) -> None:
        """Have `job` done in `delay` seconds."""
        with self._changed:
            heapq.heappush(self._waiting, Scheduled(self._clock() + delay, next(self._numbers), job, attempt))
            self._changed.notify()

    def take(self, most: int, timeout: float | None) -> list[Scheduled]:
        """The jobs that are due, at most `most`; waits for the first up to `timeout` seconds, or until `interrupt`.

        A thread that leaves with jobs hands the rest on to one that waits, which also watches when the next is due.
        """
        give_up = None if timeout is None else self._clock() + timeout
        with self._changed:
            while not self._interruptions:
                now = self._clock()
                due = self._pop_due(most, now)
                if due and self._waiting:
                    self._changed.notify()
                if due or (give_up is not None and now >= give_up):
                    return due
                next_due = self._waiting[0].due if self._waiting else None
                ends = [moment for moment in (give_up, next_due) if moment is not None]
                self._changed.wait(min(ends) - now if ends else None)
            self._interruptions -= 1
        return []

    def release(self, order_id: str) -> None:
        """Let the next job of an order be taken."""
        with self._changed:
            for scheduled in self._busy.pop(order_id, ()):
                heapq.heappush(self._waiting, scheduled)
                self._changed.notify()

    def interrupt(self, threads: int = 1) -> None:
        """Let `take` return at once with nothing, this time or the next, once for each of `threads`."""
        with self._changed:
            self._interruptions += threads
            self._changed.notify(threads)

    def _pop_due(self, most: int, now: float) -> list[Scheduled]:
        due: list[Scheduled] = []
        while self._waiting and self._waiting[0].due <= now and len(due) < most:
            scheduled = heapq.heappop(self._waiting)
            order_id = scheduled.job.order_id
            if order_id in self._busy:
                self._busy[order_id].append(scheduled)
            else:
                self._busy[order_id] = []
                due.append(scheduled)
        return due
