"""Ends reservations that became no order: the order service is asked about the overdue ones."""

from __future__ import annotations

from datetime import datetime

from services_stub.contracts.envelope import Cause
from services_stub.contracts.http.order import OrderIds
from services_stub.product.domain import GRACE
from services_stub.product.handlers.reservations import SettleOverdue, settle_overdue
from services_stub.product.store import reservations
from services_stub.runtime import clock
from services_stub.runtime.context import Context
from services_stub.runtime.identifiers import new_id

LONGEST_PAUSE = 5.0
_ANSWER_WITHIN = 15.0


def settle_overdue_now(context: Context) -> bool:
    """Settle the reservations that are overdue; whether there may be more of them."""
    return settle_overdue_at(context, clock.now())


def settle_overdue_at(context: Context, now: datetime) -> bool:
    """Settle the reservations that were overdue at `now`; whether there may be more of them. Waits: for threads.

    The order service writes an order only before its reservation expires, so what is no order after that never will be.

    Raises:
        Unavailable: the order service does not answer, or the database is away; nothing expires then.
        TimeoutError: there was no answer in time.
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
