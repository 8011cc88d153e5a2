"""The actions that a session can consist of, as data. Products, sellers and shoppers are named by their numbers.

An action that needs an outcome (`ReadOrder` needs an order) means that of the same session; without one it is skipped.
"""

from __future__ import annotations

import re
from decimal import Decimal

import msgspec


def _tag(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower()


class Action(msgspec.Struct, frozen=True, kw_only=True, tag_field="do", tag=_tag, omit_defaults=True):
    """One thing that a person does."""


class OpenStorefront(Action, frozen=True):
    """The first page of the shop."""


class Search(Action, frozen=True, kw_only=True):
    """Search for words; `cheapest_first` sorts by price, `max_price` leaves out dearer products."""

    query: str
    cheapest_first: bool = False
    max_price: Decimal | None = None


class ViewProduct(Action, frozen=True, kw_only=True):
    """Look at a product."""

    product: int


class AddToCart(Action, frozen=True, kw_only=True):
    """Put units of a product into the cart."""

    product: int
    quantity: int


class ReadCart(Action, frozen=True):
    """Look at the cart."""


class ChangeQuantity(Action, frozen=True, kw_only=True):
    """Set the quantity of a line of the cart."""

    product: int
    quantity: int


class RemoveFromCart(Action, frozen=True, kw_only=True):
    """Take a line out of the cart."""

    product: int


class PlaceOrder(Action, frozen=True, kw_only=True):
    """Order the cart. `at_seen_price`: only at the amount that the cart showed last.

    A plan has the key once, or again for a checkout that is repeated; a run puts its own id before it, so that a second
    run of the plan makes orders, too.
    """

    card: str
    idempotency_key: str
    at_seen_price: bool = False


class ReadOrder(Action, frozen=True):
    """Look at the order that was placed last."""


class CancelOrder(Action, frozen=True):
    """Cancel the order that was placed last."""


class ListOrders(Action, frozen=True):
    """Look at the own orders."""


class ReadMessages(Action, frozen=True):
    """Look at the own messages."""


class ReadDashboard(Action, frozen=True):
    """A seller looks at the own sales in numbers."""


class ListSales(Action, frozen=True):
    """A seller looks at the orders of own products."""


class ChangePrice(Action, frozen=True, kw_only=True):
    """A seller sets the price of a product."""

    product: int
    price: Decimal


class TakeInStock(Action, frozen=True, kw_only=True):
    """A seller adds units to the stock of a product; the key is as in `PlaceOrder`."""

    product: int
    units: int
    idempotency_key: str


class ReplaceProduct(Action, frozen=True, kw_only=True):
    """A seller deletes a product and creates another one, which has its number from then on."""

    product: int
    price: Decimal


class ShipOldestOrder(Action, frozen=True):
    """A seller ships the own part of the oldest order that is PAID."""


class DeliverOldestOrder(Action, frozen=True):
    """A seller delivers the own part of the oldest order that is SHIPPED."""


class ReadOverview(Action, frozen=True):
    """An admin looks at the marketplace in numbers."""


class BlockSeller(Action, frozen=True, kw_only=True):
    """An admin blocks a seller."""

    seller: int


class UnblockSeller(Action, frozen=True, kw_only=True):
    """An admin takes the block of a seller back."""

    seller: int
