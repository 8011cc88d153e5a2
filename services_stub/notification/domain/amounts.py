"""Amounts and the goods of orders as lines of text that add up to the cent, however many there are."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from services_stub.contracts.money import LARGEST_AMOUNT, to_cents
from services_stub.notification.domain.templates import printable

MOST_LINES = 50
"""Of one message; what is beyond them is summed up in one line more."""

_LARGEST = to_cents(LARGEST_AMOUNT)


class Item(msgspec.Struct, frozen=True):
    """A line of an order. `price` is that of one piece, in cents."""

    seller_id: str
    quantity: int
    name: str
    price: int

    @property
    def total(self) -> int:
        """In cents."""
        return self.quantity * self.price


def amount(cents: int, currency: str) -> str:
    """An amount with its currency, for example `1,234.50 USD`."""
    return f"{cents // 100:,}.{cents % 100:02d} {printable(currency)}"


def sum_of(items: Sequence[Item]) -> int:
    """The sum of some items, in cents.

    Raises:
        ValueError: they are not what an order can have.
    """
    total = sum(item.total for item in items)
    if total > _LARGEST or any(item.quantity < 1 for item in items):
        raise ValueError("quantities or prices are not those of an order")
    return total


def item_list(items: Sequence[Item], currency: str, most: int = MOST_LINES) -> str:
    """The items, one below the other; those beyond `most` in one line."""
    lines = [
        f"  {item.quantity} x {printable(item.name)}, "
        f"{amount(item.price, currency)} each: {amount(item.total, currency)}"
        for item in items[:most]
    ]
    if rest := items[most:]:
        lines.append(f"  and {len(rest)} more: {amount(sum_of(rest), currency)}")
    return "\n".join(lines)


def receipt(items: Sequence[Item], charged: int, currency: str) -> str:
    """The items by seller with each seller's sum. Sums and what may lie beside the items add up to `charged` cents."""
    by_seller: dict[str, list[Item]] = {}
    for item in items:
        by_seller.setdefault(item.seller_id, []).append(item)
    if len(by_seller) > MOST_LINES:
        return f"  {len(items)} items of {len(by_seller)} sellers: {amount(charged, currency)}"
    sections, room = [], MOST_LINES
    for seller_id, sold in by_seller.items():
        lines = item_list(sold, currency, room)
        sections.append(f"Seller {printable(seller_id)}\n{lines}\n  Sum: {amount(sum_of(sold), currency)}")
        room = max(0, room - len(sold))
    beside = charged - sum_of(items)
    if beside:
        name, sign = ("Other charges", "") if beside > 0 else ("Reductions", "-")
        sections.append(f"{name}: {sign}{amount(abs(beside), currency)}")
    return "\n\n".join(sections)


def sale_list(sales: Sequence[tuple[str, int, str]], others: int, sum_of_others: str) -> str:
    """The orders of a digest with their amounts (cents) and currencies, and in one line more those that are others."""
    lines = [f"  {printable(order_id)}: {amount(cents, currency)}" for order_id, cents, currency in sales]
    if others:
        lines.append(f"  and {others} more: {sum_of_others}")
    return "\n".join(lines)
