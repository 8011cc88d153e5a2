"""Ends reservations that became no order: the worker that asks the order service about overdue ones."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import structlog

from services_stub.contracts.envelope import Cause
from services_stub.contracts.http.order import OrderIds
from services_stub.product.domain import GRACE
from services_stub.product.handlers.reservations import SettleOverdue, settle_overdue
from services_stub.product.store import reservations
from services_stub.runtime.context import Context
from services_stub.runtime.errors import Refused, Unavailable
from services_stub.runtime.identifiers import new_id

LONGEST_PAUSE = 5.0
_ANSWER_WITHIN = 15.0


class ExpiryWorker:
    """Looks for overdue reservations every `pause` seconds. While the order service is away, nothing expires."""

    def __init__(self, context: Context, pause: float) -> None:
        self._context, self._pause = context, pause
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="reservation-expiry", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self, timeout: float) -> None:
        """End after the sweep under way."""
        self._stopping.set()
        self._thread.join(timeout)

    def step(self) -> bool:
        """Sweep once; whether there may be more to sweep at once."""
        try:
            return settle_overdue_at(self._context, datetime.now(UTC))
        except (Unavailable, Refused, TimeoutError) as error:
            structlog.get_logger().warning("reservations cannot expire now", reason=str(error) or "no answer in time")
            return False

    def _run(self) -> None:
        while not self._stopping.is_set():
            if not self.step():
                self._stopping.wait(self._pause)


def settle_overdue_at(context: Context, now: datetime) -> bool:
    """Settle the reservations that were overdue at `now`; whether there may be more of them. Waits: for threads.

    The order service writes an order only before its reservation expires, so what is no order after that never will be.

    Raises:
        Unavailable: the order service does not answer, or the database is away.
    """
    cause = Cause("", new_id(), "")
    overdue, known = context.run(_ask_about_overdue(context, now, cause), _ANSWER_WITHIN)
    if not overdue:
        return False
    others = [order_id for order_id in overdue if order_id not in known]
    context.write_from_thread(settle_overdue, SettleOverdue(sorted(known.intersection(overdue)), others), cause)
    return len(overdue) == reservations.LARGEST_OVERDUE_BATCH


async def _ask_about_overdue(context: Context, now: datetime, cause: Cause) -> tuple[list[str], set[str]]:
    """The order ids of overdue reservations, and those that the order service knows of."""
    overdue = await context.read(reservations.overdue, now - GRACE)
    if not overdue:
        return [], set()
    question = OrderIds(order_ids=overdue)
    answer = await context.peers.call(
        "order", "POST", "/internal/orders/known", body=question, expect=OrderIds, cause=cause
    )
    return overdue, set(answer.order_ids)
