"""Makes the commands that the tests of the order service need, and reads its tables."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from services_stub.contracts.base import Event
from services_stub.contracts.events.order import OrderItem, OrderStatus
from services_stub.contracts.http.order import Order
from services_stub.order.domain import total
from services_stub.order.handlers.placing import Place, place
from services_stub.order.store import orders as store
from tests.builders import order_item
from tests.fakes import FakeTransaction


def command(
    order_id: str = "o1",
    *,
    user_id: str = "u1",
    items: tuple[OrderItem, ...] = (),
    fingerprint: str = "f",
    expires_in: float = 60.0,
) -> Place:
    lines = list(items) or [order_item()]
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
    """Place an order with one item of each seller, and forget the events that were published for it."""
    items = tuple(order_item(f"p-{seller}", seller_id=seller) for seller in sellers or ("s1",))
    place(tx, command(order_id, items=items))
    tx.commit()
    tx.published.clear()


def order_of(tx: FakeTransaction, order_id: str = "o1") -> Order:
    """The order with its history, once the batch is written."""
    tx.commit()
    found = store.find_order(tx.connection, order_id)
    assert found is not None
    return store.with_history(tx.connection, found)


def parts_of(tx: FakeTransaction, order_id: str = "o1") -> dict[str, OrderStatus]:
    return {part.seller_id: part.status for part in order_of(tx, order_id).parts}


def status_of(tx: FakeTransaction, order_id: str = "o1") -> OrderStatus:
    return order_of(tx, order_id).status


def published(tx: FakeTransaction) -> list[Event]:
    return [event for event, _ in tx.published]
