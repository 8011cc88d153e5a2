"""Events of the product service. `quantity` is what can still be bought: stock less what is reserved.

`sellerSequence` numbers the changes that a seller (or an admin) made to the products of one seller: added, changed,
blocked or deleted, from 1 and without gaps. An event about stock, or about the block of the seller, carries the number
of the change that its state includes. Events of products of one seller lie in several partitions, so that only the
number tells their order; 0 is none.
"""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from services_stub.contracts import topics
from services_stub.contracts.base import Balance, Event, Id, Number, OptionalId, Weight
from services_stub.contracts.money import Price, checked_price


class ProductStatus(StrEnum):
    """ACTIVE can be bought; BLOCKED was blocked by an admin; DISABLED belongs to a blocked seller."""

    ACTIVE = "ACTIVE"
    BLOCKED = "BLOCKED"
    DISABLED = "DISABLED"


class _ProductState(Event, frozen=True, kw_only=True):
    product_id: Id
    seller_id: Id
    name: str
    category: str
    price: Price
    quantity: Balance
    status: ProductStatus
    version: Number
    currency: str = "USD"
    description: str = ""
    seller_sequence: Number = 0

    def __post_init__(self) -> None:
        """Refuse amounts that are none."""
        checked_price("price", self.price)


class ProductCreated(_ProductState, frozen=True, kw_only=True):
    """A seller added a product. `version` starts at 1 and grows by one with each change of the product."""

    topic: ClassVar[str] = topics.PRODUCT_CREATED
    key: ClassVar[str] = "product_id"


class ProductUpdated(_ProductState, frozen=True, kw_only=True):
    """A product changed: its description, price, stock, reservations or status. Carries the whole new state."""

    topic: ClassVar[str] = topics.PRODUCT_UPDATED
    key: ClassVar[str] = "product_id"


class ProductDeleted(Event, frozen=True, kw_only=True):
    """A seller took a product away; no later version will follow."""

    topic: ClassVar[str] = topics.PRODUCT_DELETED
    key: ClassVar[str] = "product_id"

    product_id: Id
    seller_id: Id
    version: Number
    seller_sequence: Number = 0


class ProductViewed(Event, frozen=True, kw_only=True):
    """A shopper or guest read a product. One of a sample, and not of every view: counts of views are estimates.

    `user_id` is empty for a guest. `weight` is how many views this one stands for. It may be lost.
    """

    topic: ClassVar[str] = topics.PRODUCT_VIEWED
    key: ClassVar[str] = "product_id"

    product_id: Id
    seller_id: Id
    category: str
    weight: Weight
    user_id: OptionalId = ""
