"""One event of every kind and version, as a reader of the golden samples must understand them.

The golden samples are the published record of what is on the wire: they are only ever added to.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from services_stub.contracts.base import Event
from services_stub.contracts.envelope import Envelope, event_type
from services_stub.contracts.events import (
    CartAction,
    CartChanged,
    DeadLetterAct,
    DeadLetterClosed,
    Hop,
    HopOutcome,
    HopsReported,
    NotificationSent,
    OrderCreated,
    OrderItem,
    OrderPart,
    OrderStatus,
    OrderUpdated,
    PasswordChanged,
    PaymentFailed,
    PaymentRefunded,
    PaymentSuccess,
    ProductCreated,
    ProductDeleted,
    ProductStatus,
    ProductUpdated,
    ProductViewed,
    RefreshTokenReused,
    RequestHop,
    SellerBlocked,
    SellerUnblocked,
    StockLow,
    UserCreated,
)

GOLDEN = Path(__file__).parent / "golden"

USER = "0199a1b2-0000-7000-8000-000000000001"
SELLER = "0199a1b2-0000-7000-8000-000000000002"
PRODUCT = "0199a1b2-0000-7000-8000-000000000003"
ORDER = "6f1c1d5e-3f0a-5b8e-9a55-000000000004"
PAYMENT = "0199a1b2-0000-7000-8000-000000000005"
NOTIFICATION = "0199a1b2-0000-7000-8000-000000000006"
EVENT = "0199a1b2-0000-7000-8000-000000000007"
CAUSE = "0199a1b2-0000-7000-8000-000000000008"
TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
TIME = datetime(2026, 11, 23, 12, 30, 45, 123456, tzinfo=UTC)

_ITEM = OrderItem(
    product_id=PRODUCT, seller_id=SELLER, name="Käsehobel «Größe 2»", quantity=3, unit_price=Decimal("10.50")
)
_STATE: dict[str, Any] = {
    "product_id": PRODUCT,
    "seller_id": SELLER,
    "name": "Käsehobel «Größe 2»",
    "category": "Kitchen",
    "price": Decimal("10.50"),
    "quantity": 7,
}

SAMPLES: tuple[Event, ...] = (
    UserCreated(user_id=USER, email="ada@example.org", role="user", name="Ada Lovelace", phone="+44 20 7946 0000"),
    SellerBlocked(seller_id=SELLER, reason="counterfeit goods"),
    SellerUnblocked(seller_id=SELLER, reason="appeal upheld"),
    RefreshTokenReused(user_id=USER),
    PasswordChanged(user_id=USER),
    ProductCreated(**_STATE, status=ProductStatus.ACTIVE, version=1, description="Cuts cheese.", seller_sequence=4),
    ProductUpdated(**_STATE, status=ProductStatus.BLOCKED, version=2, currency="USD", seller_sequence=5),
    ProductDeleted(product_id=PRODUCT, seller_id=SELLER, version=3, seller_sequence=6),
    ProductViewed(product_id=PRODUCT, seller_id=SELLER, category="Kitchen", weight=10.0, user_id=USER),
    CartChanged(product_id=PRODUCT, action=CartAction.ADDED, quantity=3, weight=10.0, user_id=USER),
    OrderCreated(
        order_id=ORDER,
        user_id=USER,
        items=[_ITEM],
        status=OrderStatus.PENDING,
        amount=Decimal("31.50"),
        currency="USD",
        payment_method="pm_card_visa",
    ),
    OrderUpdated(
        order_id=ORDER,
        user_id=USER,
        status=OrderStatus.PAID,
        previous_status=OrderStatus.PENDING,
        reason="paid",
        amount=Decimal("31.50"),
        items=[_ITEM],
        parts=[OrderPart(seller_id=SELLER, status=OrderStatus.PAID, amount=Decimal("31.50"), reason="paid")],
    ),
    PaymentSuccess(order_id=ORDER, payment_id=PAYMENT, amount=Decimal("31.50"), user_id=USER),
    PaymentFailed(order_id=ORDER, reason="card_declined", payment_id=PAYMENT, user_id=USER, amount=Decimal("31.50")),
    PaymentRefunded(
        order_id=ORDER,
        payment_id=PAYMENT,
        amount=Decimal("31.50"),
        reason="cancelled by the shopper",
        user_id=USER,
        seller_id=SELLER,
    ),
    NotificationSent(
        notification_id=NOTIFICATION,
        user_id=USER,
        channel="email",
        template="order-placed",
        about=ORDER,
        subject_line="Your order is placed",
    ),
    StockLow(seller_id=SELLER, product_id=PRODUCT, name="Käsehobel «Größe 2»", quantity=4, threshold=5, sold_out=False),
    DeadLetterClosed(
        dead_letter_id="order-created.dlq[0]@17",
        act=DeadLetterAct.SENT_AGAIN,
        group="payment",
        event_id=CAUSE,
        user_id=USER,
        reason="the bug is mended",
    ),
)

HOPS = HopsReported(
    group="payment",
    instance="payment-1",
    hops=[
        Hop(
            event_id=EVENT,
            correlation_id=ORDER,
            topic="order-created",
            partition=4,
            offset=17,
            polled_at=1_795_437_045_123_456,
            handled_at=1_795_437_045_124_000,
            committed_at=1_795_437_045_125_000,
            outcome=HopOutcome.HANDLED,
        )
    ],
    requests=[
        RequestHop(
            request_id=CAUSE,
            correlation_id=ORDER,
            method="POST",
            path="/internal/reservations",
            status=200,
            caller="order",
            callee="product",
            started_at=1_795_437_045_120_000,
            answered_at=1_795_437_045_122_500,
        )
    ],
)


class Golden(msgspec.Struct, frozen=True):
    """A record as it lies in the log; `value` is the bytes of its value, but for white space."""

    key: str
    headers: dict[str, str]
    value: msgspec.Raw

    def wire_headers(self) -> list[tuple[str, bytes | None]]:
        """The headers as the client library hands them out."""
        return [(name, text.encode()) for name, text in self.headers.items()]

    def wire_value(self) -> bytes:
        """The value as it is written."""
        return msgspec.json.format(bytes(self.value), indent=-1)


def golden(event: type[Event]) -> Golden:
    """The golden sample of an event class."""
    return msgspec.json.decode((GOLDEN / f"{event.schema_name()}.json").read_bytes(), type=Golden)


def envelope_of(event: Event) -> Envelope:
    """The envelope that the golden sample of `event` carries."""
    return Envelope(
        id=EVENT,
        type=event_type(type(event)),
        source="/services/sample",
        time=TIME.isoformat(timespec="microseconds").replace("+00:00", "Z"),
        subject=event.subject,
        dataschema=f"/schemas/{event.schema_name()}.json",
        correlation_id=ORDER,
        causation_id=CAUSE,
        traceparent=TRACEPARENT,
    )
