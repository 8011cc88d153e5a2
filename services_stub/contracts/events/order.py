"""Events of the order service, and the states an order can be in."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from services_stub.contracts import topics
from services_stub.contracts.base import Body, Event, Id, Number
from services_stub.contracts.money import Amount, Price, checked_amount, checked_price


class OrderStatus(StrEnum):
    """PENDING ► PAID ► SHIPPED ► DELIVERED; PENDING ► FAILED; PENDING or PAID ► CANCELLED ► REFUNDED if charged.

    What was shipped and is to be paid back is REFUNDING until it is REFUNDED.
    """

    PENDING = "PENDING"
    PAID = "PAID"
    SHIPPED = "SHIPPED"
    DELIVERED = "DELIVERED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    REFUNDING = "REFUNDING"
    REFUNDED = "REFUNDED"


class OrderItem(Body, frozen=True, kw_only=True):
    """One line of an order, at the price of the reservation."""

    product_id: Id
    seller_id: Id
    name: str
    quantity: Number
    unit_price: Price

    def __post_init__(self) -> None:
        """Refuse amounts that are none."""
        checked_price("unitPrice", self.unit_price)


class OrderPart(Body, frozen=True, kw_only=True):
    """The items of one seller in an order, which are shipped, delivered, cancelled and refunded together.

    `amount` is the sum of the seller's items; the amounts of all parts add up to the order's. `reason` says why the
    part has its status, in a word or two.
    """

    seller_id: Id
    status: OrderStatus
    amount: Amount
    reason: str = ""

    def __post_init__(self) -> None:
        """Refuse amounts that are none."""
        checked_amount("amount", self.amount)


class OrderCreated(Event, frozen=True, kw_only=True):
    """An order was placed and its stock is reserved; the payment service charges it now."""

    topic: ClassVar[str] = topics.ORDER_CREATED
    key: ClassVar[str] = "order_id"

    order_id: Id
    user_id: Id
    items: list[OrderItem]
    status: OrderStatus
    amount: Amount
    currency: str
    payment_method: str

    def __post_init__(self) -> None:
        """Refuse amounts that are none."""
        checked_amount("amount", self.amount)


class OrderUpdated(Event, frozen=True, kw_only=True):
    """An order or a part of it changed. `reason` says why in a word or two, for example `paid`.

    `status` follows from the parts. Where only a part changed, `previous_status` is the same. An event without parts
    is about the whole order.
    """

    topic: ClassVar[str] = topics.ORDER_UPDATED
    key: ClassVar[str] = "order_id"

    order_id: Id
    user_id: Id
    status: OrderStatus
    previous_status: OrderStatus
    reason: str
    amount: Amount
    items: list[OrderItem]
    currency: str = "USD"
    parts: list[OrderPart] = []

    def __post_init__(self) -> None:
        """Refuse amounts that are none."""
        checked_amount("amount", self.amount)
