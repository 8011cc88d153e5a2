"""The check of a rush passes a sound one, and finds what is planted for it. No marketplace runs for that."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from services_stub.contracts.events.order import OrderStatus
from services_stub.contracts.http.order import Order
from services_stub.contracts.http.page import Page
from services_stub.contracts.http.payment import Payment, PaymentStatus
from tests.system.rush import STOCK, Rush, check_books
from tests.unit.client.marketplace import FakeMarketplace, json
from tests.unit.simulator.audited_run import stock

S, P = OrderStatus, PaymentStatus
ACKNOWLEDGED = datetime(2026, 1, 1, 12, tzinfo=UTC)
BEFORE, AFTER = "2026-01-01T11:59:59Z", "2026-01-01T12:00:01Z"
PRICE = Decimal("9.99")
ORDERS = "/order-service/api/orders"

Ordered = tuple[str, OrderStatus, PaymentStatus | None]

SOUND: dict[str, Ordered] = {
    "paid before": (BEFORE, S.PAID, P.CHARGED),
    "not paid in time": (BEFORE, S.CANCELLED, P.VOIDED),
    "placed after": (AFTER, S.CANCELLED, P.VOIDED),
    "placed and paid after": (AFTER, S.REFUNDED, P.REFUNDED),
}

PLANTED: dict[str, Ordered] = {
    "placed after, and stays paid": (AFTER, S.PAID, P.CHARGED),
    "placed after, and its money is kept": (AFTER, S.CANCELLED, P.CHARGED),
    "placed after, and never ends": (AFTER, S.PENDING, P.CHARGED),
    "paid before, and its money is given back": (BEFORE, S.PAID, P.REFUNDED),
    "payment never hears of it": (AFTER, S.CANCELLED, None),
}


def order(name: str, created_at: str, status: OrderStatus) -> Order:
    return Order(
        order_id=name,
        user_id="u1",
        status=status,
        reason="",
        items=[],
        amount=PRICE,
        currency="USD",
        payment_method="pm_card_visa",
        created_at=created_at,
        updated_at=created_at,
    )


def payment(name: str, status: PaymentStatus) -> Payment:
    return Payment(
        payment_id=name,
        order_id=name,
        user_id="u1",
        status=status,
        reason="",
        amount=PRICE,
        currency="USD",
        payment_method="pm_card_visa",
        created_at="",
        updated_at="",
    )


def check(ordered: dict[str, Ordered], *, missing: int = 0, reserved: int = 0) -> None:
    """Have these orders checked; `missing` units are sold beyond those that are paid."""
    sold = sum(status is S.PAID for _, status, _ in ordered.values())
    (product, *_) = stock(STOCK - sold - missing, reserved=reserved)
    orders = [order(name, created_at, status) for name, (created_at, status, _) in ordered.items()]
    first, rest = Page(items=orders[:1], next_cursor="rest"), Page(items=orders[1:])
    payments = Page(items=[payment(name, status) for name, (_, _, status) in ordered.items() if status])
    shop = FakeMarketplace()
    shop.on("GET", ORDERS, lambda request: json(rest if "cursor" in request.url.params else first))
    shop.on("GET", "/payment-service/api/payments", json(payments))
    shop.on("GET", "/product-service/api/admin/products", json(Page(items=[product])))
    rush = Rush([shop.client()], product)
    asyncio.run(check_books(rush, ACKNOWLEDGED, shop.client(), seconds=0))


def test_a_sound_rush_passes() -> None:
    check(SOUND)


@pytest.mark.parametrize("name", PLANTED)
def test_an_order_that_ended_wrongly_is_named(name: str) -> None:
    with pytest.raises(AssertionError, match=name):
        check(SOUND | {name: PLANTED[name]})


@pytest.mark.parametrize(("missing", "reserved"), [(1, 0), (-1, 0), (0, 1)])
def test_stock_that_does_not_add_up_is_found(missing: int, reserved: int) -> None:
    with pytest.raises(AssertionError, match=str(STOCK - 1 - missing)):
        check(SOUND, missing=missing, reserved=reserved)
