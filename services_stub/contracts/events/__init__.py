"""Every event of the marketplace, one module per owner, and the registry by topic."""

from __future__ import annotations

from services_stub.contracts.base import Event
from services_stub.contracts.events.auth import (
    PasswordChanged,
    RefreshTokenReused,
    SellerBlocked,
    SellerUnblocked,
    UserCreated,
)
from services_stub.contracts.events.cart import CartAction, CartChanged
from services_stub.contracts.events.gateway import DeadLetterAct, DeadLetterClosed
from services_stub.contracts.events.notification import NotificationSent
from services_stub.contracts.events.order import OrderCreated, OrderItem, OrderPart, OrderStatus, OrderUpdated
from services_stub.contracts.events.payment import PaymentFailed, PaymentRefunded, PaymentSuccess
from services_stub.contracts.events.product import (
    ProductCreated,
    ProductDeleted,
    ProductStatus,
    ProductUpdated,
    ProductViewed,
)
from services_stub.contracts.events.seller import StockLow
from services_stub.contracts.events.trace import Hop, HopOutcome, HopsReported, RequestHop

EVENTS: tuple[type[Event], ...] = (
    UserCreated,
    SellerBlocked,
    SellerUnblocked,
    RefreshTokenReused,
    PasswordChanged,
    ProductCreated,
    ProductUpdated,
    ProductDeleted,
    ProductViewed,
    CartChanged,
    OrderCreated,
    OrderUpdated,
    PaymentSuccess,
    PaymentFailed,
    PaymentRefunded,
    NotificationSent,
    StockLow,
    DeadLetterClosed,
)
"""The business events; the hop reports on `trace-hops` are none."""

EVENT_BY_TOPIC: dict[str, type[Event]] = {event.topic: event for event in EVENTS}

EVERY_SERVICE = "every service"


def owner_of(event: type[Event]) -> str:
    """The service that publishes `event`: events live in the module of their owner."""
    return EVERY_SERVICE if event is HopsReported else event.__module__.rpartition(".")[2]


__all__ = [
    "EVENTS",
    "EVENT_BY_TOPIC",
    "EVERY_SERVICE",
    "CartAction",
    "CartChanged",
    "DeadLetterAct",
    "DeadLetterClosed",
    "Event",
    "Hop",
    "HopOutcome",
    "HopsReported",
    "NotificationSent",
    "OrderCreated",
    "OrderItem",
    "OrderPart",
    "OrderStatus",
    "OrderUpdated",
    "PasswordChanged",
    "PaymentFailed",
    "PaymentRefunded",
    "PaymentSuccess",
    "ProductCreated",
    "ProductDeleted",
    "ProductStatus",
    "ProductUpdated",
    "ProductViewed",
    "RefreshTokenReused",
    "RequestHop",
    "SellerBlocked",
    "SellerUnblocked",
    "StockLow",
    "UserCreated",
    "owner_of",
]
