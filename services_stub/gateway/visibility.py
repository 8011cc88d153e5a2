"""Decides who may see which event on the live stream. Pure."""

from __future__ import annotations

import msgspec

from services_stub.contracts.base import Event
from services_stub.contracts.events import (
    NotificationSent,
    OrderUpdated,
    PaymentFailed,
    PaymentRefunded,
    PaymentSuccess,
    ProductCreated,
    ProductDeleted,
    ProductUpdated,
)
from services_stub.contracts.money import ZERO
from services_stub.runtime.tokens import Caller

STREAMED: tuple[type[Event], ...] = (
    OrderUpdated,
    NotificationSent,
    PaymentSuccess,
    PaymentFailed,
    PaymentRefunded,
    ProductCreated,
    ProductUpdated,
    ProductDeleted,
)
"""The events that the live stream carries."""


def visible_to(caller: Caller, event: Event) -> Event | None:
    """The part of `event` that `caller` may see: admins all, users their own, sellers their items; None for nothing."""
    if caller.role == "admin":
        return event
    match event:
        case ProductCreated() | ProductUpdated() | ProductDeleted():
            return event if caller.role == "seller" and event.seller_id == caller.user_id else None
        case OrderUpdated() if caller.role == "seller" and event.user_id != caller.user_id:
            return _part_of(caller.user_id, event)
        case PaymentRefunded() if caller.role == "seller" and event.seller_id == caller.user_id:
            return event
        case OrderUpdated() | NotificationSent() | PaymentSuccess() | PaymentFailed() | PaymentRefunded():
            return event if event.user_id == caller.user_id else None
    return None


def concerned_by(event: Event) -> set[str]:
    """The users that may see `event` or a part of it; admins see it besides."""
    match event:
        case ProductCreated() | ProductUpdated() | ProductDeleted():
            return {event.seller_id}
        case OrderUpdated():
            return {event.user_id, *(item.seller_id for item in event.items)}
        case PaymentRefunded():
            return {event.user_id, event.seller_id}
        case NotificationSent() | PaymentSuccess() | PaymentFailed():
            return {event.user_id}
    return set()


def _part_of(seller_id: str, event: OrderUpdated) -> OrderUpdated | None:
    """The order with the seller's items and part and what these cost: other sellers' sales are not theirs to know."""
    items = [item for item in event.items if item.seller_id == seller_id]
    if not items or len(items) == len(event.items):
        return event if items else None
    amount = sum((item.unit_price * item.quantity for item in items), ZERO)
    parts = [part for part in event.parts if part.seller_id == seller_id]
    return msgspec.structs.replace(event, items=items, amount=amount, parts=parts)
