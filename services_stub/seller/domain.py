"""The rules of the seller service. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import NamedTuple

from services_stub.contracts.money import LARGEST_AMOUNT, to_cents
from services_stub.contracts.times import moment_of

CURRENCY = "USD"
SOLD = ("PAID", "SHIPPED", "DELIVERED")
"""The statuses of sales that are revenue."""

_RANKS: Mapping[str, int] = {
    status: rank
    for rank, status in enumerate(
        ("PENDING", "PAID", "SHIPPED", "DELIVERED", "FAILED", "CANCELLED", "REFUNDING", "REFUNDED")
    )
}
"""The statuses of a part, in an order in which every transition leads to a higher rank."""

HOUR = 3_600_000_000
"""Microseconds."""

MOST_UNITS = 1_000_000_000
"""Of one item. An order of this marketplace has far fewer; the bound keeps sums inside 64 bits."""

MOST_CENTS = to_cents(LARGEST_AMOUNT)
"""Of one order."""

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
        told = moment_of(text)
    except ValueError:
        return otherwise
    return min(told, otherwise)


def later_status(one: str, other: str) -> str:
    """That of two statuses of a part which it can only have had after the other one.

    So it makes no difference in what order events are read, nor how often.
    """
    return max(one, other, key=_RANKS.__getitem__)


@dataclass(frozen=True)
class PaymentFact:
    """A payment event, as the status that it gives to the parts of its order.

    `seller_id` is empty where it is about all parts. With `amount_cents` it is only about an order of that amount: an
    order of which less was charged has parts that were cancelled before, and the order service tells which.
    """

    status: str
    seller_id: str = ""
    amount_cents: int | None = None

    def concerns(self, seller_id: str, order_cents: int) -> bool:
        """Whether it is about the part of `seller_id` in an order of `order_cents`."""
        if self.seller_id:
            return self.seller_id == seller_id
        return self.amount_cents is None or self.amount_cents == order_cents


class PartItem(NamedTuple):
    """The units of one product in a part; `amount_cents` is what they cost together."""

    product_id: str
    name: str
    units: int
    amount_cents: int

    def plus(self, other: PartItem) -> PartItem:
        """Both together; they are of the same product."""
        return self._replace(units=self.units + other.units, amount_cents=self.amount_cents + other.amount_cents)


def parts_of(lines: Iterable[tuple[str, PartItem]]) -> dict[str, list[PartItem]]:
    """The items of an order by seller, from its lines with their seller; those of one product taken together.

    Raises:
        ValueError: an item has no units, or more than any order has, or the order costs more than any other.
    """
    parts: dict[str, dict[str, PartItem]] = {}
    for seller_id, line in lines:
        if not 0 < line.units <= MOST_UNITS:
            raise ValueError(f"an item has {line.units} units")
        part = parts.setdefault(seller_id, {})
        before = part.get(line.product_id)
        part[line.product_id] = line if before is None else before.plus(line)
    found = {seller_id: list(part.values()) for seller_id, part in parts.items()}
    if sum(item.amount_cents for part in found.values() for item in part) > MOST_CENTS:
        raise ValueError(f"the items cost more than {MOST_CENTS} cents")
    return found
