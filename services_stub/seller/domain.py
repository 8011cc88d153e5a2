"""The rules of the seller service. Pure."""

from __future__ import annotations

from datetime import datetime
from enum import IntEnum

DEFAULT_THRESHOLD = 5
"""Units: how many a seller who has not said otherwise has left when stock counts as low."""


class StockLevel(IntEnum):
    """How much of a product is left, seen from its seller's threshold. A higher number is a lower stock."""

    ENOUGH = 0
    LOW = 1
    SOLD_OUT = 2


def stock_level(quantity: int, threshold: int) -> StockLevel:
    """The level of `quantity` units. With a threshold of 0, stock is enough until it is sold out."""
    if quantity <= 0:
        return StockLevel.SOLD_OUT
    return StockLevel.LOW if quantity <= threshold else StockLevel.ENOUGH


def event_time(text: str, otherwise: datetime) -> datetime:
    """The time that an envelope tells; `otherwise` where it tells none, and where it lies after that.

    A clock that is ahead would otherwise date sales and notices into the future.
    """
    try:
        told = datetime.fromisoformat(text)
    except ValueError:
        return otherwise
    return otherwise if told.tzinfo is None or told > otherwise else told
