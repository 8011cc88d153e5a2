"""Events of the seller service."""

from __future__ import annotations

from typing import ClassVar

from services_stub.contracts import topics
from services_stub.contracts.base import Event, Id, Number


class StockLow(Event, frozen=True, kw_only=True):
    """The stock of a product fell to the seller's threshold or below, or to nothing.

    `quantity` is what can still be bought, in units; `threshold` is the seller's. `sold_out` is true where nothing is
    left. One event for each fall: from above the threshold, and from the last units to none.
    """

    topic: ClassVar[str] = topics.STOCK_LOW
    key: ClassVar[str] = "seller_id"

    seller_id: Id
    product_id: Id
    name: str
    quantity: Number
    threshold: Number
    sold_out: bool
