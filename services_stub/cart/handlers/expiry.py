"""Ends checkouts that no order came of: the worker that asks the order service about overdue ones."""

from __future__ import annotations

import asyncio
import threading
from datetime import UTC, datetime

import structlog

from services_stub.cart.domain import GRACE
from services_stub.cart.store import LARGEST_OVERDUE_BATCH, Checkouts
from services_stub.contracts.envelope import Cause
from services_stub.contracts.http.order import OrderIds
from services_stub.runtime.context import Context
from services_stub.runtime.errors import Refused, Unavailable
from services_stub.runtime.identifiers import new_id
from services_stub.runtime.peers import Peers

LONGEST_PAUSE = 5.0
_ANSWER_WITHIN = 15.0


class ExpiryWorker:
    """Looks for overdue checkouts every `pause` seconds. While the order service is away, nothing is given back."""

    def __init__(self, context: Context, checkouts: Checkouts, pause: float) -> None:
        self._context, self._checkouts, self._pause = context, checkouts, pause
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="checkout-expiry", daemon=True)

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
            work = settle_overdue(self._checkouts, self._context.peers, datetime.now(UTC))
            return self._context.run(work, _ANSWER_WITHIN)
        except (Unavailable, Refused, TimeoutError) as error:
            structlog.get_logger().warning("checkouts cannot expire now", reason=str(error) or "no answer in time")
            return False

    def _run(self) -> None:
        while not self._stopping.wait(self._pause):
            while self.step() and not self._stopping.is_set():
                pass


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
