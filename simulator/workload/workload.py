"""The workload of a run: the sessions of a plan, and each of their actions at the marketplace."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from simulator.engine.http import ClientSender
from simulator.engine.session import Perform, Start
from simulator.history import Operation, OperationLog
from simulator.measure.outcomes import Outcome
from simulator.personas import Action, actions
from simulator.plan import Plan, Session, Step, VirtualUser
from simulator.scenario import Loop
from simulator.workload import selling, shopping
from simulator.workload.people import People
from simulator.workload.visitor import Market, Reply, Visitor

Act = Callable[[Visitor, Any], Awaitable[Reply | None]]

ACTS: Mapping[type[Action], Act] = {
    actions.OpenStorefront: shopping.open_storefront,
    actions.Search: shopping.search,
    actions.ViewProduct: shopping.view_product,
    actions.AddToCart: shopping.add_to_cart,
    actions.ReadCart: shopping.read_cart,
    actions.ChangeQuantity: shopping.change_quantity,
    actions.RemoveFromCart: shopping.remove_from_cart,
    actions.PlaceOrder: shopping.place_order,
    actions.ReadOrder: shopping.read_order,
    actions.CancelOrder: shopping.cancel_order,
    actions.ListOrders: shopping.list_orders,
    actions.ReadMessages: shopping.read_messages,
    actions.ReadDashboard: selling.read_dashboard,
    actions.ListSales: selling.list_sales,
    actions.ChangePrice: selling.change_price,
    actions.TakeInStock: selling.take_in_stock,
    actions.ReplaceProduct: selling.replace_product,
    actions.ShipOldestOrder: selling.ship_oldest_order,
    actions.DeliverOldestOrder: selling.deliver_oldest_order,
    actions.ReadOverview: selling.read_overview,
    actions.BlockSeller: selling.block_seller,
    actions.UnblockSeller: selling.unblock_seller,
}
"""How each action is carried out. None where there is nothing to do."""

ANSWER_TIMEOUT = timedelta(seconds=10)


@dataclass(frozen=True)
class MarketplaceWorkload:
    """A plan, the people that it is about, and the marketplace that they visit. It can be pickled."""

    plan: Plan
    run_id: str
    gateway: str
    people: People
    operations: Path
    """Where every operation is kept."""

    def sessions(self) -> Iterable[Session] | Iterable[VirtualUser]:
        """The sessions of the plan; of a closed loop its users."""
        return self.plan.users() if self.plan.scenario.load.loop is Loop.CLOSED else self.plan.sessions()

    @asynccontextmanager
    async def performing(self) -> AsyncIterator[Perform]:
        """Carry out steps, and keep each."""
        async with ClientSender(self.gateway, timeout=ANSWER_TIMEOUT) as sender:
            with OperationLog(self.operations) as log:
                yield Performing(
                    Market(self.run_id, self.plan.seed, self.plan.catalogue, self.people, sender), log.write
                )


class Performing:
    """Carries out steps. `keep` is given each operation."""

    def __init__(self, market: Market, keep: Callable[[Operation], None]) -> None:
        self._market, self._keep = market, keep
        self._visitors: dict[int, Visitor] = {}
        """Those whose session has further steps."""

    async def __call__(self, visit: Session | VirtualUser, step: Step, start: Start) -> Outcome | None:
        """Carry out a step of a session; None where there was nothing to do."""
        session = visit.session if isinstance(visit, VirtualUser) else visit
        assert session is not None
        visitor = self._visitors.pop(session.number, None) or Visitor(self._market, session)
        visitor.begin_step()
        if visitor.step + 1 < len(session.steps):
            self._visitors[session.number] = visitor
        begun = time.monotonic_ns()
        reply: Reply | None = Reply(Outcome.UNKNOWN, order_id=_known_order(visitor, step.action))
        try:
            reply = await ACTS[type(step.action)](visitor, step.action)
        finally:
            if reply is not None:
                elapsed = (time.monotonic_ns() - begun) // 1000
                self._keep(_operation(visitor, step, start, start.sent_at + elapsed, reply))
        return None if reply is None else reply.outcome


def _operation(visitor: Visitor, step: Step, start: Start, done_at: int, reply: Reply) -> Operation:
    planned_key: str = getattr(step.action, "idempotency_key", "")
    return Operation(
        session=visitor.session.number,
        step=visitor.step,
        operation=step.operation,
        planned_at=start.planned_at,
        sent_at=start.sent_at,
        done_at=done_at,
        outcome=reply.outcome,
        status=reply.status,
        user_id=visitor.user_id,
        role=visitor.session.role,
        idempotency_key=visitor.key(planned_key) if planned_key else "",
        order_id=reply.order_id,
        total=reply.total,
        request_id=visitor.request_id,
        seen=reply.seen,
    )


def _known_order(visitor: Visitor, action: Action) -> str:
    """The order that an action is about, where that is known before its answer."""
    return visitor.order_id if isinstance(action, actions.ReadOrder | actions.CancelOrder) else ""
