"""Events of the cart service."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from services_stub.contracts import topics
from services_stub.contracts.base import Event, Id, Number, OptionalId, Weight


class CartAction(StrEnum):
    """ADDED put more of a product in, CHANGED set its quantity, REMOVED made sure that it is out."""

    ADDED = "ADDED"
    CHANGED = "CHANGED"
    REMOVED = "REMOVED"


class CartChanged(Event, frozen=True, kw_only=True):
    """A shopper or guest changed one line of a cart. One of a sample, and not of every change: counts are estimates.

    `quantity` is what was added, or the new quantity of the line, or 0. `user_id` is empty for a guest, whose session
    is in no event. `weight` is how many changes this one stands for. It may be lost. Of a cart that is emptied,
    merged with a guest's or taken for an order nothing is told.
    """

    topic: ClassVar[str] = topics.CART_CHANGED
    key: ClassVar[str] = "product_id"

    product_id: Id
    action: CartAction
    quantity: Number
    weight: Weight
    user_id: OptionalId = ""
