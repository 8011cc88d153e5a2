"""Events of the payment service. `user_id` lets readers address the shopper without knowing the order."""

from __future__ import annotations

from typing import ClassVar

from services_stub.contracts import topics
from services_stub.contracts.base import Event, Id, OptionalId
from services_stub.contracts.money import ZERO, Amount, checked_amount


class PaymentSuccess(Event, frozen=True, kw_only=True):
    """The order was charged, once."""

    topic: ClassVar[str] = topics.PAYMENT_SUCCESS
    key: ClassVar[str] = "order_id"

    order_id: Id
    payment_id: OptionalId
    amount: Amount
    user_id: OptionalId = ""
    currency: str = "USD"

    def __post_init__(self) -> None:
        """Refuse amounts that are none."""
        checked_amount("amount", self.amount)


class PaymentFailed(Event, frozen=True, kw_only=True):
    """The order could not be charged; `reason` is the provider's code, for example `card_declined`."""

    topic: ClassVar[str] = topics.PAYMENT_FAILED
    key: ClassVar[str] = "order_id"

    order_id: Id
    reason: str
    payment_id: OptionalId = ""
    user_id: OptionalId = ""
    amount: Amount = ZERO
    currency: str = "USD"

    def __post_init__(self) -> None:
        """Refuse amounts that are none."""
        checked_amount("amount", self.amount)


class PaymentRefunded(Event, frozen=True, kw_only=True):
    """Money of an order was given back: for the part of one seller, or for all that was charged if that is empty."""

    topic: ClassVar[str] = topics.PAYMENT_REFUNDED
    key: ClassVar[str] = "order_id"

    order_id: Id
    payment_id: OptionalId
    amount: Amount
    reason: str
    user_id: OptionalId = ""
    currency: str = "USD"
    seller_id: OptionalId = ""

    def __post_init__(self) -> None:
        """Refuse amounts that are none."""
        checked_amount("amount", self.amount)
