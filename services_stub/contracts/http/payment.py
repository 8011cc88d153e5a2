"""Bodies of the payment service."""

from __future__ import annotations

from enum import StrEnum

from services_stub.contracts.base import Body
from services_stub.contracts.money import Money


class PaymentStatus(StrEnum):
    """PENDING ► CHARGED ► REFUNDED; PENDING ► FAILED; VOIDED: the order was cancelled before it was charged."""

    PENDING = "PENDING"
    CHARGED = "CHARGED"
    FAILED = "FAILED"
    VOIDED = "VOIDED"
    REFUNDED = "REFUNDED"


class Payment(Body, frozen=True, kw_only=True):
    """The payment of an order."""

    payment_id: str
    order_id: str
    user_id: str
    status: PaymentStatus
    reason: str
    amount: Money
    currency: str
    payment_method: str
    created_at: str
    updated_at: str


class PaymentMethod(Body, frozen=True, kw_only=True):
    """A test card of the sandbox and what it does."""

    payment_method: str
    description: str
