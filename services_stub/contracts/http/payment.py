"""Bodies of the payment service."""

from __future__ import annotations

from enum import StrEnum

from services_stub.contracts.base import Body, Id, OptionalId
from services_stub.contracts.money import Money


class PaymentStatus(StrEnum):
    """PENDING ► CHARGED ► REFUNDED; PENDING ► FAILED; VOIDED: the order was cancelled before it was charged."""

    PENDING = "PENDING"
    CHARGED = "CHARGED"
    FAILED = "FAILED"
    VOIDED = "VOIDED"
    REFUNDED = "REFUNDED"


class Refund(Body, frozen=True, kw_only=True):
    """Money of an order that is given back: for the part of one seller, or for all of it where that is empty.

    `refunded` says whether the provider has done it; until then it is under way.
    """

    seller_id: OptionalId
    amount: Money
    reason: str
    refunded: bool
    updated_at: str


class Payment(Body, frozen=True, kw_only=True):
    """The payment of an order. It stays CHARGED until all of it is given back."""

    payment_id: Id
    order_id: Id
    user_id: Id
    status: PaymentStatus
    reason: str
    amount: Money
    currency: str
    payment_method: str
    created_at: str
    updated_at: str
    refunds: list[Refund] = []


class PaymentMethod(Body, frozen=True, kw_only=True):
    """A test card of the sandbox and what it does."""

    payment_method: str
    description: str
