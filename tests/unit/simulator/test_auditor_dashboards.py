"""The auditor's check of dashboards: the numbers are the sums of the list beside them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from services_stub.contracts.events import OrderStatus
from services_stub.contracts.http.seller import Dashboard, Sale, SaleCounts, SalesPage
from simulator.auditor.orders import consistent_dashboards

S = OrderStatus


def dashboard(*statuses: OrderStatus, **told: Any) -> Dashboard:
    """A dashboard of sales of 5.00 each, one for each status; `told` are numbers that differ."""
    sales = [
        Sale(
            order_id=str(number),
            status=status,
            amount=Decimal("5.00"),
            units=2,
            placed_at="",
            changed_at="",
            items=[],
        )
        for number, status in enumerate(statuses)
    ]
    counts = SaleCounts(
        all=told.pop("all", len(sales)),
        open=0,
        to_ship=0,
        shipped=0,
        delivered=0,
        failed=0,
        cancelled=0,
        refunding=0,
        refunded=0,
    )
    earned = sum(status in (S.PAID, S.SHIPPED, S.DELIVERED) for status in statuses)
    numbers: dict[str, Any] = {
        "revenue": Decimal(5 * earned),
        "units": 2 * earned,
        "refunded": Decimal(5 * statuses.count(S.REFUNDED)),
        "sales": SalesPage(items=sales, position=1),
    }
    return Dashboard(
        seller_id="s1",
        currency="USD",
        counts=counts,
        series=[],
        top_products=[],
        read_up_to=None,
        staleness_seconds=0.0,
        **(numbers | told),
    )


def test_a_dashboard_that_adds_up_is_consistent() -> None:
    assert consistent_dashboards([dashboard(), dashboard(S.PAID, S.PENDING, S.REFUNDED, S.SHIPPED)]) == []


@pytest.mark.parametrize(
    "told",
    [{"revenue": Decimal(4)}, {"units": 3}, {"refunded": Decimal(1)}, {"all": 3}],
    ids=str,
)
def test_a_dashboard_that_does_not_add_up_is_found(told: dict[str, Any]) -> None:
    assert [found.about for found in consistent_dashboards([dashboard(S.PAID, S.FAILED, **told)])] == ["s1"]


def test_further_pages_of_no_further_sales_are_found() -> None:
    page = SalesPage(items=dashboard(S.PAID).sales.items, position=1, next_cursor="more")
    assert len(consistent_dashboards([dashboard(S.PAID, sales=page)])) == 1
    assert consistent_dashboards([dashboard(S.PAID, sales=page, all=7)]) == []
