"""The rules of counting: what the events of one user, product or order say together, and what they change. Pure.

The state of each is merged from its events such that repeated and reordered ones lead to the same state, and a number
changes by the difference between the states before and after. So no event needs to be remembered.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import Literal

import msgspec
from msgspec import structs

CURRENCY = "USD"
WEIGHT_UNIT = 1000
"""Weights are summed in thousandths, so that sums do not depend on their order."""

LONGEST_LABEL = 100
DELETED = "DELETED"

RANK: Mapping[str, int] = {
    "PENDING": 0,
    "PAID": 1,
    "SHIPPED": 2,
    "DELIVERED": 3,
    "FAILED": 4,
    "CANCELLED": 5,
    "REFUNDING": 6,
    "REFUNDED": 7,
}
"""The statuses of a part such that each one that can follow another stands behind it: the last one heard of is true."""

_OPEN = ("PENDING", "PAID", "SHIPPED", "DELIVERED")
_CLOSED = ("REFUNDING", "CANCELLED", "REFUNDED", "FAILED")
SOLD = frozenset({"PAID", "SHIPPED", "DELIVERED"})

Resolution = Literal["second", "minute", "hour"]

STEPS: Mapping[Resolution, tuple[int, int]] = {
    "second": (1, 10 * 60),
    "minute": (60, 24 * 60 * 60),
    "hour": (3600, 90 * 24 * 60 * 60),
}
"""The seconds of a step, and for how many seconds steps are kept."""


class Metric(IntEnum):
    """The numbers of each step of a series, in the order of its columns. Amounts are cents."""

    USERS = 0
    VIEWED = 1
    ADDED = 2
    PLACED = 3
    ORDERED_CENTS = 4
    CHARGED = 5
    CHARGED_CENTS = 6
    FAILED = 7
    REFUNDS = 8
    REFUNDED_CENTS = 9


AMOUNTS = (Metric.ORDERED_CENTS, Metric.CHARGED_CENTS, Metric.REFUNDED_CENTS)
"""Those that are sums of amounts."""


class Part(msgspec.Struct, array_like=True, frozen=True):
    """The part of one seller in an order."""

    seller_id: str
    status: str


class Order(msgspec.Struct, array_like=True, frozen=True):
    """An order as far as it is known: its parts, which events were counted, and the sellers whose parts were refunded.

    An order whose payment alone is known has no parts yet.
    """

    parts: list[Part] = []
    placed: bool = False
    charged: bool = False
    failed: bool = False
    refunded: list[str] = []

    def status(self) -> str:
        """The status that follows from the parts; empty where none is known."""
        found = {part.status for part in self.parts}
        return next((status for status in (*_OPEN, *_CLOSED) if status in found), "")

    def sold_by(self) -> set[str]:
        """The sellers whose parts are sold."""
        return {part.seller_id for part in self.parts if part.status in SOLD}

    def advanced(self, statuses: Mapping[str, str]) -> Order:
        """The order with the statuses of parts, by seller, where they are further than those that are known."""
        known = {part.seller_id: part.status for part in self.parts}
        for seller_id, status in statuses.items():
            if RANK[status] >= RANK.get(known.get(seller_id, ""), -1):
                known[seller_id] = status
        return structs.replace(self, parts=[Part(seller_id, status) for seller_id, status in known.items()])


class User(msgspec.Struct, frozen=True):
    """A user as far as it is known. `block_changed_at` is when a block began or ended (microseconds), or 0."""

    role: str = ""
    blocked: bool = False
    block_changed_at: int = 0

    def sells(self) -> bool:
        """Whether it is a seller; only those are blocked."""
        return self.role == "seller" or self.block_changed_at > 0

    def with_block(self, blocked: bool, at: int) -> User:
        """The user with the newest of blocks and unblocks; of two at the same moment the unblock."""
        if at > self.block_changed_at or (at == self.block_changed_at and not blocked):
            return structs.replace(self, blocked=blocked, block_changed_at=at)
        return self


class Product(msgspec.Struct, frozen=True):
    """A product as its newest known version has it. One that only an order named has the version 0 and no status.

    A deleted one stays deleted, whatever is heard of it later.
    """

    seller_id: str = ""
    name: str = ""
    category: str = ""
    status: str = ""
    version: int = 0


def weight_units(weight: float) -> int:
    """A weight as it is summed."""
    return round(weight * WEIGHT_UNIT)


def kept(resolution: Resolution, second: int, now: int) -> bool:
    """Whether a series still keeps the step in which `second` lies. All times are Unix time in seconds."""
    step, _ = STEPS[resolution]
    return second // step * step >= first_kept(resolution, now)


def first_kept(resolution: Resolution, now: int) -> int:
    """The start of the oldest step that is kept."""
    step, seconds = STEPS[resolution]
    return now // step * step - seconds + step
