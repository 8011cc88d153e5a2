"""Bodies of the requests that change many products at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from services_stub.contracts.base import LARGEST_NUMBER, Body, Id, Request
from services_stub.contracts.money import Money, Price, checked_price

MOST_LINES = 500
MOST_UNITS = 1_000_000_000
"""The most units that a product can have, and so the most that come in."""

Version = Annotated[int, Meta(ge=1, le=LARGEST_NUMBER)]


class PriceLine(Request, frozen=True, kw_only=True):
    """The new price of a product. With `version`, only if the product still has that version."""

    product_id: Id
    price: Price
    version: Version | UnsetType = UNSET


class ChangePrices(Request, frozen=True, kw_only=True):
    """Change the prices of several products of the seller who sends it, each named once: all or none.

    With `dry_run` nothing is changed.
    """

    lines: Annotated[list[PriceLine], Meta(min_length=1, max_length=MOST_LINES)]
    dry_run: bool = False

    def __post_init__(self) -> None:
        """Refuse prices that are none, and products that are named twice."""
        for place, line in enumerate(self.lines):
            checked_price(f"lines[{place}].price", line.price)
        _refuse_repeated(self.lines)


class IntakeLine(Request, frozen=True, kw_only=True):
    """Units that came in of a product. With `version`, only if the product still has that version."""

    product_id: Id
    units: Annotated[int, Meta(ge=1, le=MOST_UNITS)]
    version: Version | UnsetType = UNSET


class TakeInStock(Request, frozen=True, kw_only=True):
    """Add units to the stock of several products of the seller who sends it, each named once: all or none.

    With `dry_run` nothing is changed.
    """

    lines: Annotated[list[IntakeLine], Meta(min_length=1, max_length=MOST_LINES)]
    dry_run: bool = False

    def __post_init__(self) -> None:
        """Refuse products that are named twice."""
        _refuse_repeated(self.lines)


class BulkLine(Body, frozen=True, kw_only=True):
    """A product before and after the change; where nothing differs, the version stays, too. `version` is that after."""

    product_id: Id
    name: str
    old_price: Money
    price: Money
    old_quantity: int
    quantity: int
    version: int


class BulkChange(Body, frozen=True, kw_only=True):
    """The products in the order of the request, as they are now, or as they would be after a dry run's change."""

    dry_run: bool
    lines: list[BulkLine]


class BulkProblem(Body, frozen=True, kw_only=True):
    """Why a line cannot be carried out; the extension `lines` of the problem document carries these.

    `line` is its place in the request, from 0. `problem` is `product-not-found`, `not-your-product`,
    `version-conflict` (with the version that the product has) or `too-much-stock` (with the units that it has).
    """

    line: int
    product_id: Id
    problem: str
    version: int | None = None
    quantity: int | None = None


def _refuse_repeated(lines: Sequence[PriceLine | IntakeLine]) -> None:
    seen: set[str] = set()
    for place, line in enumerate(lines):
        if line.product_id in seen:
            raise ValueError(f"`lines[{place}].productId` names a product that an earlier line names already")
        seen.add(line.product_id)
