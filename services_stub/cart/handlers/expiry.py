"""Ends checkouts that no order came of: the order service is asked about the overdue ones."""

from __future__ import annotations

import asyncio
from datetime import datetime

from services_stub.cart.domain import GRACE
from services_stub.cart.store import LARGEST_OVERDUE_BATCH, Checkouts
from services_stub.contracts.envelope import Cause
from services_stub.contracts.http.order import OrderIds
from services_stub.runtime import clock
from services_stub.runtime.context import Context
from services_stub.runtime.identifiers import new_id
from services_stub.runtime.peers import Peers

LONGEST_PAUSE = 5.0
_ANSWER_WITHIN = 15.0


def settle_overdue_now(context: Context, checkouts: Checkouts) -> bool:
    """Settle what is overdue; whether there may be more of it. Waits: for threads.

    Raises:
        Unavailable: the order service does not answer, or the store is away; nothing is given back then.
        TimeoutError: there was no answer in time.
    """
    return context.run(settle_overdue(checkouts, context.peers, clock.now()), _ANSWER_WITHIN)


async def settle_overdue(checkouts: Checkouts, peers: Peers, now: datetime) -> bool:
    """Confirm or give back the checkouts that were overdue at `now`; whether there may be more of them.

    The order service writes an order only before the deadline of its checkout, so that an order which it does not know
    after that will never exist.

    Raises:
        Unavailable: the order service does not answer, or the store is away.
    """
    before = now - GRACE
    overdue = await checkouts.overdue(before)
    if not overdue:
        return False
    question = OrderIds(order_ids=overdue)
    answer = await peers.call(
        "order", "POST", "/internal/orders/known", body=question, expect=OrderIds, cause=Cause("", new_id(), "")
    )
    known = set(answer.order_ids)
    await asyncio.gather(
        *(
            checkouts.confirm(order_id) if order_id in known else checkouts.expire(order_id, before)
            for order_id in overdue
        )
    )
    return len(overdue) == LARGEST_OVERDUE_BATCH
