"""Makes what the tests of the order service need: commands, events, and what stands in the tables."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from services_stub.contracts.base import Event
from services_stub.contracts.events.auth import SellerBlocked
from services_stub.contracts.events.order import OrderItem, OrderStatus
from services_stub.contracts.events.payment import PaymentFailed, PaymentRefunded, PaymentSuccess
from services_stub.contracts.http.order import Order
from services_stub.order import store
from services_stub.order.domain import total
from services_stub.order.handlers.placing import Place, place
from tests.fakes import FakeTransaction

AMOUNT = Decimal("25.00")


def item(product_id: str = "p1", *, seller_id: str = "s1", quantity: int = 2, unit_price: str = "12.50") -> OrderItem:
    return OrderItem(
        product_id=product_id, seller_id=seller_id, name="Lamp", quantity=quantity, unit_price=Decimal(unit_price)
    )


def command(
    order_id: str = "o1",
    *,
    user_id: str = "u1",
    items: tuple[OrderItem, ...] = (),
    fingerprint: str = "f",
    expires_in: float = 60.0,
) -> Place:
    lines = list(items) or [item()]
    return Place(
        order_id=order_id,
        user_id=user_id,
        items=lines,
        amount=total((line.quantity, line.unit_price) for line in lines),
        currency="USD",
        payment_method="pm_card_visa",
        fingerprint=fingerprint,
        expires_at=datetime.now(UTC) + timedelta(seconds=expires_in),
    )


def placed(tx: FakeTransaction, order_id: str = "o1", *sellers: str) -> None:
    """Place an order with one item of each seller, and forget what was published for it."""
    items = tuple(item(f"p-{seller}", seller_id=seller) for seller in sellers or ("s1",))
    place(tx, command(order_id, items=items))
    tx.commit()
    tx.published.clear()


def paid(amount: Decimal = AMOUNT, order_id: str = "o1") -> PaymentSuccess:
    return PaymentSuccess(order_id=order_id, payment_id="pay1", amount=amount)


def failed(order_id: str = "o1") -> PaymentFailed:
    return PaymentFailed(order_id=order_id, reason="card_declined")


def refunded(order_id: str = "o1") -> PaymentRefunded:
    return PaymentRefunded(order_id=order_id, payment_id="pay1", amount=AMOUNT, reason="cancelled-by-shopper")


def blocked(seller_id: str = "s1") -> SellerBlocked:
    return SellerBlocked(seller_id=seller_id, reason="fraud")


def order_of(tx: FakeTransaction, order_id: str = "o1") -> Order:
    """The order with its history, once the batch is written."""
    tx.commit()
    row = store.find_order(tx.connection, order_id)
    assert row is not None
    return store.with_history(tx.connection, row)


def status_of(tx: FakeTransaction, order_id: str = "o1") -> OrderStatus:
    return order_of(tx, order_id).status


def published(tx: FakeTransaction) -> list[Event]:
    return [event for event, _ in tx.published]
