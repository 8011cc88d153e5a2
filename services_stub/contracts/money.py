"""Money: decimals with two places, written to JSON as numbers and never held in a binary float.

A price and an amount are different types: an amount is a sum of prices, and has the larger limit.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated, Any

from msgspec import Meta

CENT = Decimal("0.01")

LARGEST_PRICE = Decimal("1000000000")
"""The highest price of one piece."""

LARGEST_AMOUNT = 100_000 * LARGEST_PRICE
"""The dearest order: 50 lines of 1,000 pieces each, and some room. It is far inside 64-bit cents."""

ZERO = Decimal("0.00")

BILLION = 10**9
"""Databases sum amounts in two columns, the billions of cents and the cents beyond them: the cents of some 900 of the
dearest orders leave 64 bits."""


# No `multipleOf`: validators that divide binary floats would refuse 19.99.
_CENTS = "With at most two places after the point."
PRICE_BOUNDS: dict[str, Any] = {"minimum": 0, "maximum": int(LARGEST_PRICE), "description": _CENTS}
"""The bounds of a price as JSON Schema says them."""

Money = Decimal
"""An amount in the currency that stands beside it, always with two decimal places."""

Price = Annotated[Decimal, Meta(extra_json_schema=PRICE_BOUNDS)]
"""The price of one piece; `checked_price` holds it to its bounds."""

Amount = Annotated[Decimal, Meta(extra_json_schema={**PRICE_BOUNDS, "maximum": int(LARGEST_AMOUNT)})]
"""The price of several pieces together; `checked_amount` holds it to its bounds."""


def money(value: Decimal | int | str) -> Decimal:
    """`value` rounded half up to two places.

    Raises:
        ValueError: `value` is not finite or its size is beyond `LARGEST_AMOUNT`.

    """
    amount = Decimal(value)
    if not amount.is_finite() or abs(amount) > LARGEST_AMOUNT:
        raise ValueError(f"an amount lies between 0.00 and {LARGEST_AMOUNT}")
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


def checked_price(field: str, value: Decimal) -> None:
    """Refuse what cannot be a price: negative, not finite, too large, or finer than a cent.

    Raises:
        ValueError: names `field` and says what is wrong.

    """
    _check(field, value, LARGEST_PRICE)


def checked_amount(field: str, value: Decimal) -> None:
    """Refuse what cannot be a sum of prices.

    Raises:
        ValueError: names `field` and says what is wrong.
    """
    _check(field, value, LARGEST_AMOUNT)


def to_cents(value: Decimal) -> int:
    """The amount as a whole number of cents, as databases keep it."""
    return int(value.scaleb(2))


def from_cents(cents: int) -> Decimal:
    """The amount that `cents` cents are."""
    return Decimal(cents).scaleb(-2)


def _check(field: str, value: Decimal, largest: Decimal) -> None:
    if not value.is_finite() or value < 0 or value > largest:
        raise ValueError(f"`{field}` must lie between 0.00 and {largest}")
    if value != round(value, 2):
        raise ValueError(f"`{field}` must not have more than two decimals")
