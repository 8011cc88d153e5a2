"""Orders of several sellers as the events that they leave, at times of the test's choosing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import msgspec

from services_stub.contracts.base import Event
from services_stub.contracts.events.order import OrderCreated, OrderItem, OrderPart, OrderStatus, OrderUpdated
from services_stub.contracts.events.payment import PaymentFailed, PaymentRefunded, PaymentSuccess
from services_stub.contracts.money import ZERO
from services_stub.contracts.times import rfc3339
from services_stub.runtime.sql.transaction import Received
from services_stub.seller.service import SERVICE
from tests.fakes import FakeTransaction, handle, received

BEGIN = datetime(2026, 1, 30, 22, 30, tzinfo=UTC)
"""The time of the first event; the tests run later than that."""

STATUS = OrderStatus


def at(minutes: int) -> datetime:
    """The time so many minutes after the beginning."""
    return BEGIN + timedelta(minutes=minutes)


def item(seller: str, product: str, units: int = 1, price: str = "1.00") -> OrderItem:
    return OrderItem(
        product_id=product, seller_id=seller, name=f"Name of {product}", quantity=units, unit_price=Decimal(price)
    )


def amount_of(items: Sequence[OrderItem], seller: str | None = None) -> Decimal:
    """The amount of an order, or of the part of one seller."""
    return sum((each.unit_price * each.quantity for each in items if seller in {None, each.seller_id}), ZERO)


def created(order_id: str, items: list[OrderItem]) -> OrderCreated:
    return OrderCreated(
        order_id=order_id,
        user_id="u1",
        items=items,
        status=STATUS.PENDING,
        amount=amount_of(items),
        currency="USD",
        payment_method="pm_card_visa",
    )


def updated(
    order_id: str, items: list[OrderItem], status: OrderStatus, parts: Mapping[str, OrderStatus] | None = None
) -> OrderUpdated:
    """An order-updated; without `parts`, as an implementation without them writes it."""
    return OrderUpdated(
        order_id=order_id,
        user_id="u1",
        status=status,
        previous_status=STATUS.PENDING,
        reason="",
        amount=amount_of(items),
        items=items,
        parts=[
            OrderPart(seller_id=seller, status=each, amount=amount_of(items, seller))
            for seller, each in (parts or {}).items()
        ],
    )


def paid(order_id: str, amount: Decimal) -> PaymentSuccess:
    return PaymentSuccess(order_id=order_id, payment_id="pay1", amount=amount)


def failed(order_id: str) -> PaymentFailed:
    return PaymentFailed(order_id=order_id, reason="card_declined")


def refunded(order_id: str, amount: Decimal, seller: str = "") -> PaymentRefunded:
    return PaymentRefunded(order_id=order_id, payment_id="pay1", amount=amount, reason="test", seller_id=seller)


def timed(event: Event, minutes: int) -> Received[Event]:
    """`event` as it is received, said to have happened so many minutes after the beginning."""
    got = received(event)
    return msgspec.structs.replace(got, envelope=msgspec.structs.replace(got.envelope, time=rfc3339(at(minutes))))


def hear(tx: FakeTransaction, *events: Event | Received[Event]) -> None:
    """Let the service hear of events, those without a time at the beginning."""
    for event in events:
        handle(SERVICE, tx, event if isinstance(event, Received) else timed(event, 0))
    tx.commit()
