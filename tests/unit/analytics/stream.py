"""Events at chosen times, and what the analytics service must answer of them, computed without it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from services_stub.contracts.base import Event
from services_stub.contracts.envelope import envelope_for
from services_stub.contracts.events import (
    OrderCreated,
    OrderItem,
    OrderPart,
    OrderStatus,
    OrderUpdated,
    ProductCreated,
    ProductStatus,
    ProductUpdated,
)
from services_stub.contracts.money import to_cents
from services_stub.runtime.sql.transaction import NO_CAUSE, Received

NOW = datetime(2026, 1, 1, 12, 30, 15, tzinfo=UTC)
COUNTED_BY_SECOND = ("user-created", "order-created", "payment-success", "payment-failed", "payment-refunded")
_OPEN = ["PENDING", "PAID", "SHIPPED", "DELIVERED"]
_CLOSED = ["REFUNDING", "CANCELLED", "REFUNDED", "FAILED"]
_LATER = ["PENDING", "PAID", "SHIPPED", "DELIVERED", "FAILED", "CANCELLED", "REFUNDING", "REFUNDED"]
_SOLD = {"PAID", "SHIPPED", "DELIVERED"}
_number = count()


def told(event: Event, ago: float = 0.0) -> Received[Event]:
    """An event that happened so many seconds before NOW."""
    envelope = envelope_for(
        event,
        event_id=f"event-{next(_number)}",
        source="test",
        now=NOW - timedelta(seconds=ago),
        cause=NO_CAUSE,
    )
    return Received(event, envelope, event.topic, 0, 0)


def item(product_id: str, seller_id: str, quantity: int = 1, price: str = "2.50") -> OrderItem:
    return OrderItem(
        product_id=product_id, seller_id=seller_id, name=product_id, quantity=quantity, unit_price=Decimal(price)
    )


def amount_of(items: Sequence[OrderItem]) -> Decimal:
    return sum((each.unit_price * each.quantity for each in items), Decimal("0.00"))


def placed(order_id: str, items: list[OrderItem]) -> OrderCreated:
    return OrderCreated(
        order_id=order_id,
        user_id="u1",
        items=items,
        status=OrderStatus.PENDING,
        amount=amount_of(items),
        currency="USD",
        payment_method="card",
    )


def updated(order_id: str, items: list[OrderItem], parts: dict[str, str], status: str = "PAID") -> OrderUpdated:
    """An order-updated with parts, or about the whole order where there are none."""
    return OrderUpdated(
        order_id=order_id,
        user_id="u1",
        status=OrderStatus(status),
        previous_status=OrderStatus(status),
        reason="test",
        amount=amount_of(items),
        items=items,
        parts=[
            OrderPart(
                seller_id=seller_id,
                status=OrderStatus(part),
                amount=amount_of([each for each in items if each.seller_id == seller_id]),
            )
            for seller_id, part in parts.items()
        ],
    )


def product(
    product_id: str, version: int = 1, status: str = "ACTIVE", *, seller_id: str = "s1", category: str = "Home"
) -> ProductCreated | ProductUpdated:
    kind = ProductCreated if version == 1 else ProductUpdated
    return kind(
        product_id=product_id,
        seller_id=seller_id,
        name=f"{product_id} {version}",
        category=category,
        price=Decimal("2.50"),
        quantity=5,
        status=ProductStatus(status),
        version=version,
    )


def numbers_of(stream: Sequence[Received[Event]]) -> dict[str, Any]:
    """The numbers of a stream without repeated events, each computed from all events of its kind."""

    def events(topic: str) -> list[Any]:
        return [received.event for received in stream if received.topic == topic]

    orders = _orders(events("order-created"), events("order-updated"))
    sold = [each for items, parts in orders.values() for each in items if parts[each.seller_id] in _SOLD]
    refunds = events("payment-refunded")
    return {
        "users": Counter(event.role for event in events("user-created")),
        "blocked": _blocked(stream),
        "products": _products(events("product-created") + events("product-updated"), events("product-deleted")),
        "orders": Counter(_status(parts) for _, parts in orders.values()),
        "charged": sum(to_cents(event.amount) for event in events("payment-success")),
        "refunds": (len(refunds), sum(to_cents(event.amount) for event in refunds)),
        "failed": Counter(event.reason for event in events("payment-failed")),
        "viewed": round(sum(event.weight for event in events("product-viewed"))),
        "added": round(sum(event.weight for event in events("cart-changed") if event.action == "ADDED")),
        "units": _sums(sold, lambda each: each.quantity),
        "cents": _sums(sold, lambda each: each.quantity * to_cents(each.unit_price)),
        "seconds": Counter((r.topic, r.envelope.time[:19]) for r in stream if r.topic in COUNTED_BY_SECOND),
    }


def _sums(sold: Sequence[OrderItem], of: Callable[[OrderItem], int]) -> Counter[str]:
    found: Counter[str] = Counter()
    for each in sold:
        found[each.product_id] += of(each)
    return found


def _orders(created: list[Any], changed: list[Any]) -> dict[str, tuple[list[OrderItem], dict[str, str]]]:
    orders: dict[str, tuple[list[OrderItem], dict[str, str]]] = {}
    for event in [*created, *changed]:
        _, parts = orders.setdefault(event.order_id, (event.items, {}))
        heard = {part.seller_id: part.status.value for part in getattr(event, "parts", [])}
        for seller_id, status in (heard or {each.seller_id: event.status.value for each in event.items}).items():
            parts[seller_id] = max(parts.get(seller_id, "PENDING"), status, key=_LATER.index)
    return orders


def _status(parts: dict[str, str]) -> str:
    return next(status for status in [*_OPEN, *_CLOSED] if status in parts.values())


def _blocked(stream: Sequence[Received[Event]]) -> int:
    last: dict[str, tuple[str, bool]] = {}
    for received in stream:
        event: Any = received.event
        if received.topic in ("seller-blocked", "seller-unblocked"):
            change = (received.envelope.time, received.topic == "seller-unblocked")
            last[event.seller_id] = max(last.get(event.seller_id, change), change)
    return sum(not unblocked for _, unblocked in last.values())


def _products(states: list[Any], deleted: list[Any]) -> Counter[str]:
    gone = {event.product_id for event in deleted}
    newest = {event.product_id: event for event in sorted(states, key=lambda event: int(event.version))}
    found = Counter(event.status.value for key, event in newest.items() if key not in gone)
    return found + Counter({"DELETED": len(gone)})
