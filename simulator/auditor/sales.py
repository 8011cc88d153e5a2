"""The sales of sellers beside the orders of the events: none is missing, and none differs from the seller's part."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator

from services_stub.contracts.events import OrderStatus
from services_stub.contracts.http.seller import Dashboard, Sale
from services_stub.contracts.money import to_cents
from simulator.auditor.checks import Check
from simulator.auditor.order_state import OrderState
from simulator.auditor.states import States
from simulator.auditor.violation import Violation
from simulator.history.final import Final


def wrong_sales(
    final: Final, orders: States[OrderState], changed: Collection[str], *, from_beginning: bool
) -> Iterator[Violation]:
    """All differences. Orders that `changed` after the services were asked are left out.

    How many sales there are is only known where the events are, `from_beginning`.
    """
    complete = from_beginning and not changed
    placed: Counter[str] = Counter()
    for _, state in orders.all() if complete and final.dashboards else ():
        placed.update(_sellers(state))
    for shown in final.dashboards:
        for sale in shown.sales.items:
            order = orders.find(sale.order_id)
            if order is not None and order.created and sale.order_id not in changed:
                yield from _differs(shown.seller_id, sale, order)
        if complete and shown.counts.all != placed[shown.seller_id]:
            yield _wrong_number(shown, placed[shown.seller_id], orders)


def _differs(seller_id: str, sale: Sale, state: OrderState) -> Iterator[Violation]:
    lines = [line for line in state.lines if line.seller_id == seller_id]
    status = state.parts.get(seller_id, [OrderStatus.PENDING])[-1]
    true = (status, sum(line.units * line.cents for line in lines), sum(line.units for line in lines))
    if (sale.status, to_cents(sale.amount), sale.units) != true:
        detail = (
            f"{seller_id} has it as {sale.status}, {sale.units} units for {sale.amount}, and its events say "
            f"{true[0]}, {true[2]} units for {true[1] / 100:.2f}"
        )
        yield Violation(Check.WRONG_SALES, sale.order_id, detail, sale.order_id)


def _wrong_number(shown: Dashboard, placed: int, orders: States[OrderState]) -> Violation:
    """There are more or fewer sales than orders; where all are listed, with an order that is missing."""
    missing = ""
    if shown.sales.next_cursor is None:
        listed = {sale.order_id for sale in shown.sales.items}
        own = (order_id for order_id, state in orders.all() if shown.seller_id in _sellers(state))
        missing = next((order_id for order_id in own if order_id not in listed), "")
    detail = f"has {shown.counts.all} sales, and the events tell of {placed}"
    if missing:
        detail += f"; {missing} is missing"
    return Violation(Check.WRONG_SALES, shown.seller_id, detail, missing)


def _sellers(state: OrderState) -> set[str]:
    return {line.seller_id for line in state.lines}
