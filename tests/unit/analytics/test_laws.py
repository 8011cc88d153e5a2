"""The numbers are those of a naive recomputation, in any order, with repetitions and in any batches."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from services_stub.analytics.handlers import count_events
from services_stub.analytics.store import TABLES
from services_stub.analytics.store.reading import series, summary
from services_stub.contracts.base import Event
from services_stub.contracts.events import (
    CartAction,
    CartChanged,
    PaymentFailed,
    PaymentRefunded,
    PaymentSuccess,
    ProductDeleted,
    ProductViewed,
    SellerBlocked,
    SellerUnblocked,
    UserCreated,
)
from services_stub.contracts.money import to_cents
from services_stub.runtime.sql import inbox
from services_stub.runtime.sql.transaction import Received
from tests.databases import empty_database
from tests.fakes import FakeTransaction
from tests.unit.analytics.stream import COUNTED_BY_SECOND, NOW, item, numbers_of, placed, product, told, updated

SELLERS = ("s1", "s2")
ITEMS = [item("p1", "s1", 2), item("p2", "s2", 3, "0.99"), item("p3", "s1", 1, "10.00")]
PATHS = [
    ["PAID", "SHIPPED", "DELIVERED", "REFUNDING", "REFUNDED"],
    ["PAID", "CANCELLED", "REFUNDED"],
    ["FAILED", "CANCELLED", "REFUNDED"],
    ["CANCELLED"],
]
NUMBERS = ("users", "placed", "charged", "failed", "refunds")
"""How a point of a series names what is counted of each topic of COUNTED_BY_SECOND."""

ago = st.floats(0, 590).map(lambda seconds: round(seconds, 3))
statuses = st.sampled_from(("ACTIVE", "BLOCKED", "DISABLED"))


@st.composite
def histories(draw: Any) -> list[Received[Event]]:
    """Some events of everything."""
    events: list[Event] = []
    for number in range(draw(st.integers(0, 3))):
        role = draw(st.sampled_from(("user", "seller")))
        events.append(UserCreated(user_id=f"u{number}", email="a@b", role=role))
    for seller_id in draw(st.lists(st.sampled_from(SELLERS), max_size=4)):
        kind = draw(st.sampled_from((SellerBlocked, SellerUnblocked)))
        events.append(kind(seller_id=seller_id, reason=""))
    for number in range(draw(st.integers(0, 3))):
        versions = draw(st.integers(1, 3))
        events += [product(f"p{number}", version, draw(statuses)) for version in range(1, versions + 1)]
        if draw(st.booleans()):
            events.append(ProductDeleted(product_id=f"p{number}", seller_id="s1", version=versions + 1))
    for weight in draw(st.lists(st.sampled_from((1.0, 10.0)), max_size=3)):
        events.append(ProductViewed(product_id="p1", seller_id="s1", category="Home", weight=weight))
        action = draw(st.sampled_from(CartAction))
        events.append(CartChanged(product_id="p1", action=action, quantity=1, weight=weight))
    for number in range(draw(st.integers(0, 3))):
        events += draw(order_histories(f"o{number}"))
    return [told(event, draw(ago)) for event in events]


@st.composite
def order_histories(draw: Any, order_id: str) -> list[Event]:
    """The events of an order, perhaps without some of them."""
    items = draw(st.lists(st.sampled_from(ITEMS), min_size=1, max_size=3, unique_by=lambda each: each.product_id))
    events: list[Event] = [placed(order_id, items)] if draw(st.booleans()) else []
    parts = dict.fromkeys(sorted({each.seller_id for each in items}), "PENDING")
    for seller_id in parts:
        path = draw(st.sampled_from(PATHS))
        for status in path[: draw(st.integers(0, len(path)))]:
            parts[seller_id] = status
            events.append(updated(order_id, items, parts))
        if parts[seller_id] == "REFUNDED":
            paid = {"order_id": order_id, "payment_id": "", "reason": "", "seller_id": seller_id}
            events.append(PaymentRefunded(**paid, amount=Decimal("1.10")))
    if draw(st.booleans()):
        events.append(updated(order_id, items, {}, draw(st.sampled_from(("FAILED", "CANCELLED")))))
    if draw(st.booleans()):
        events.append(PaymentSuccess(order_id=order_id, payment_id="", amount=Decimal("3.33")))
    if draw(st.booleans()):
        reason = draw(st.sampled_from(("card_declined", "insufficient_funds")))
        events.append(PaymentFailed(order_id=order_id, reason=reason))
    return events


@given(stream=histories(), chance=st.randoms(use_true_random=False))
@settings(max_examples=30, deadline=None)
def test_the_numbers_do_not_depend_on_order_repetition_or_batches(stream: list[Received[Event]], chance: Any) -> None:
    delivered = stream + chance.choices(stream, k=len(stream) // 2) if stream else []
    chance.shuffle(delivered)
    with empty_database() as database:
        database.create(TABLES, inbox.tables)
        with database.connect() as connection:
            while delivered:
                size = chance.randint(1, len(delivered))
                batch, delivered = delivered[:size], delivered[size:]
                with connection.begin():
                    tx = FakeTransaction(connection, "analytics", NOW + timedelta(seconds=1))
                    count_events(tx, batch)
                    tx.commit()
            with connection.begin():
                assert _answered(connection) == numbers_of(stream)


def _answered(connection: Any) -> dict[str, Any]:
    found = summary(connection, {}, 50)
    points = series(connection, {}, "second", 600, NOW).points
    for resolution in ("minute", "hour"):
        longer = series(connection, {}, resolution, 2160, NOW).points
        for name in NUMBERS:
            assert sum(getattr(p, name) for p in longer) == sum(getattr(p, name) for p in points), (resolution, name)
    return {
        "users": found.users,
        "blocked": found.sellers.blocked,
        "products": found.products,
        "orders": found.orders,
        "charged": to_cents(found.revenue.charged),
        "refunds": (found.refunds.count, to_cents(found.refunds.amount)),
        "failed": {failure.reason: failure.payments for failure in found.failed_payments},
        "viewed": found.funnel.viewed,
        "added": found.funnel.added,
        "units": {each.product_id: each.units for each in found.top_products},
        "cents": {each.product_id: to_cents(each.revenue) for each in found.top_products},
        "seconds": Counter(
            {
                (topic, point.start[:19]): getattr(point, name)
                for point in points
                for topic, name in zip(COUNTED_BY_SECOND, NUMBERS, strict=True)
                if getattr(point, name)
            }
        ),
    }
