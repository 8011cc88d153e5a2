"""Bodies of the order service."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from services_stub.contracts.base import Body, Request
from services_stub.contracts.events.order import OrderItem, OrderPart, OrderStatus
from services_stub.contracts.money import Money, checked_price

IDEMPOTENCY_KEY_LENGTH = 128


class PlaceOrder(Request, frozen=True, kw_only=True):
    """Order what lies in the cart. With `expected_amount`, only if the order costs exactly that."""

    payment_method: Annotated[str, Meta(min_length=1, max_length=100)]
    expected_amount: Money | UnsetType = UNSET

    def __post_init__(self) -> None:
        """Refuse amounts that are none."""
        if isinstance(self.expected_amount, Decimal):
            checked_price("expectedAmount", self.expected_amount)


class OrderChange(Body, frozen=True, kw_only=True):
    """One step of an order's history."""

    status: OrderStatus
    reason: str
    at: str


class Order(Body, frozen=True, kw_only=True):
    """An order and its parts, one for each seller. `history` is filled where one order is read, and empty in lists."""

    order_id: str
    user_id: str
    status: OrderStatus
    reason: str
    items: list[OrderItem]
    amount: Money
    currency: str
    payment_method: str
    created_at: str
    updated_at: str
    parts: list[OrderPart] = []
    history: list[OrderChange] = []


class OrderIds(Request, frozen=True, kw_only=True):
    """Internal: which of these are orders? The answer has the same shape."""

    order_ids: Annotated[list[str], Meta(max_length=1000)]
