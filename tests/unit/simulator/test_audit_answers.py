"""Answers that are judged beside the events: the sales of sellers, and orders that were asked for by others."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from services_stub.contracts.events import OrderStatus
from services_stub.contracts.http.seller import Dashboard, Sale, SaleCounts, SalesPage
from simulator.auditor.checks import Check
from simulator.history.final import AskedByOther, Final
from simulator.measure.outcomes import Outcome
from tests.unit.simulator.sound_history import sound_history
from tests.unit.simulator.synthetic_history import SyntheticHistory

S, C = OrderStatus, Check


def dashboard(run: SyntheticHistory, seller_id: str, change: Callable[[Sale], Sale | None] = lambda sale: sale) -> Any:
    """The dashboard of a seller, whose numbers are those of its sales."""
    sales = []
    for order in run.orders.values():
        items = [item for item in order.items if item.seller_id == seller_id]
        parts = [part for part in order.parts if part.seller_id == seller_id]
        if items:
            sale = Sale(
                order_id=order.order_id,
                status=parts[0].status,
                amount=parts[0].amount,
                units=sum(item.quantity for item in items),
                placed_at="",
                changed_at="",
                items=[],
            )
            sales += [each for each in (change(sale),) if each is not None]
    earned = [sale for sale in sales if sale.status in (S.PAID, S.SHIPPED, S.DELIVERED)]
    numbers = dict.fromkeys(SaleCounts.__struct_fields__, 0) | {"all": len(sales)}
    return Dashboard(
        seller_id=seller_id,
        currency="USD",
        revenue=sum((sale.amount for sale in earned), Decimal(0)),
        units=sum(sale.units for sale in earned),
        refunded=sum((sale.amount for sale in sales if sale.status is S.REFUNDED), Decimal(0)),
        counts=SaleCounts(**numbers),
        series=[],
        top_products=[],
        sales=SalesPage(items=sales, position=1),
        read_up_to=None,
        staleness_seconds=0.0,
    )


def test_dashboards_of_all_parts_are_right() -> None:
    run = sound_history()
    shown = [dashboard(run, seller) for seller in ("s1", "s2")]
    assert [each.counts.all for each in shown] == [7, 3]
    assert run.judge(lambda final: replace(final, dashboards=shown)).counts == {}


@pytest.mark.parametrize(
    "change",
    [
        lambda sale: replace(sale, status=S.PAID) if sale.status is S.DELIVERED else sale,
        lambda sale: replace(sale, amount=sale.amount + 1) if sale.order_id == "declined" else sale,
        lambda sale: replace(sale, units=sale.units + 1) if sale.order_id == "declined" else sale,
    ],
    ids=["status", "amount", "units"],
)
def test_a_sale_that_differs_from_its_part_is_found(change: Callable[[Sale], Sale]) -> None:
    run = sound_history()
    (found,) = run.judge(lambda final: replace(final, dashboards=[dashboard(run, "s1", change)])).violations
    assert found.check == C.WRONG_SALES
    assert found.flow in ("shipped", "declined")


def test_a_sale_that_is_missing_is_found_by_its_order() -> None:
    run = sound_history()
    shown = dashboard(run, "s1", lambda sale: None if sale.order_id == "paid" else sale)
    (found,) = run.judge(lambda final: replace(final, dashboards=[shown])).violations
    assert (found.check, found.about, found.flow) == (C.WRONG_SALES, "s1", "paid")


def test_of_a_dashboard_with_further_pages_the_number_counts() -> None:
    run = sound_history()
    whole = dashboard(run, "s1")
    page = replace(whole.sales, items=whole.sales.items[:2], next_cursor="more")
    assert run.judge(lambda final: replace(final, dashboards=[replace(whole, sales=page)])).counts == {}
    fewer = replace(whole, sales=page, counts=replace(whole.counts, all=6))
    assert run.judge(lambda final: replace(final, dashboards=[fewer])).counts == {C.WRONG_SALES: 1}


@pytest.mark.parametrize(("status", "count"), [(200, 1), (404, 0), (401, 0), (0, 0)])
def test_an_order_that_is_shown_to_another_is_a_leak(status: int, count: int) -> None:
    def others(final: Final) -> Final:
        return replace(final, others=[AskedByOther(order_id="paid", role="seller", user_id="s2", status=status)])

    judged = sound_history().judge(others)
    assert judged.counts.get(C.LEAK, 0) == count
    assert judged.sometimes["an order was asked for by others"] == 1


def test_a_checkout_that_was_refused_may_make_an_order_when_it_is_repeated() -> None:
    run = sound_history()
    run.operate("place-order", "u1", "", key="key-retried", outcome=Outcome.REFUSED, status=409)
    run.place("retried", "u1", {"p1": 1})
    run.pay("retried")
    run.operate("place-order", "u1", "retried", key="key-retried", request="run-retried+")
    run.operate("place-order", "u1", "", key="key-retried", outcome=Outcome.REFUSED, status=429)
    assert run.judge().counts == {}
