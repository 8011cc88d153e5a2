"""Money: decimals with two places, written to JSON as numbers and never held in a binary float."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
LARGEST = Decimal("1000000000")
"""Amounts above this are refused: it keeps every sum far inside 64-bit cents."""

ZERO = Decimal("0.00")

LARGEST_SUM = 100_000 * LARGEST
"""The dearest order: 50 lines of 1,000 each, and some room."""

Money = Decimal
"""An amount in the currency that stands beside it, always with two decimal places."""


def money(value: Decimal | int | str) -> Decimal:
    """`value` rounded half up to two places.

    Raises:
        ValueError: `value` is not finite or its size is beyond `LARGEST`.

    """
    amount = Decimal(value)
    if not amount.is_finite() or abs(amount) > LARGEST:
        raise ValueError(f"an amount lies between 0.00 and {LARGEST}")
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


def checked_price(field: str, value: Decimal, *, largest: Decimal = LARGEST) -> None:
    """Refuse what cannot be a price: negative, not finite, too large, or finer than a cent.

    Raises:
        ValueError: names `field` and says what is wrong.

    """
    if not value.is_finite() or value < 0 or value > largest:
        raise ValueError(f"`{field}` must lie between 0.00 and {largest}")
    if value != round(value, 2):
        raise ValueError(f"`{field}` must not have more than two decimals")


def checked_amount(field: str, value: Decimal) -> None:
    """Refuse what cannot be the sum of an order.

    Raises:
        ValueError: names `field` and says what is wrong.
    """
    checked_price(field, value, largest=LARGEST_SUM)


def to_cents(value: Decimal) -> int:
    """The amount as a whole number of cents, as databases keep it."""
    return int(value.scaleb(2))


def from_cents(cents: int) -> Decimal:
    """The amount that `cents` cents are."""
    return Decimal(cents).scaleb(-2)
