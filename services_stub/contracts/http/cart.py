"""Bodies of the cart service."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from msgspec import Meta

from services_stub.contracts.base import Body, Id, OptionalId, Request
from services_stub.contracts.http.product import Quantity
from services_stub.contracts.money import Money

SESSION_PATTERN = r"^[A-Za-z0-9_-]{22,64}$"
"""The session of a guest: bounded, and harmless in keys and paths."""

MOST_LINES = 50
MOST_PER_LINE = 1000


class AddToCart(Request, frozen=True, kw_only=True):
    """Put `quantity` more of a product into the cart."""

    product_id: Id
    quantity: Quantity = 1


class ChangeQuantity(Request, frozen=True, kw_only=True):
    """The new quantity of a line; 0 removes it."""

    quantity: Annotated[int, Meta(ge=0, le=MOST_PER_LINE)]


Change: TypeAlias = Literal["price", "name", "availability"]


class CartLine(Body, frozen=True, kw_only=True):
    """A line with what the cart knows of the product: its price and name follow the product's events.

    `changes` names what is different since the shopper put the product in, or last changed the line, and the fields
    with `added` say what it was then. To put more in, to set the quantity, or to check out acknowledges the changes.
    """

    product_id: Id
    seller_id: OptionalId
    name: str
    quantity: int
    unit_price: Money
    available: bool
    line_total: Money
    changes: list[Change] = []
    added_price: Money | None = None
    added_name: str | None = None
    added_available: bool | None = None


class NotMerged(Body, frozen=True, kw_only=True):
    """Units of a product in a guest's cart that found no room in the user's: the line or the cart was full."""

    product_id: Id
    quantity: int


class Cart(Body, frozen=True, kw_only=True):
    """The cart of a user or of a guest session. `amount` sums the lines that are available.

    `not_merged` says what was lost when this request merged a guest's cart into it.
    """

    owner: str
    lines: list[CartLine]
    amount: Money
    currency: str
    not_merged: list[NotMerged] = []


class TakeCart(Request, frozen=True, kw_only=True):
    """Internal: take everything out of the cart of a user, for an order.

    `attempt_id` names one attempt to place the order: each attempt gets the same lines, and they go back to the cart
    only when no attempt can place the order any more. Several of these share one HTTP call, so each brings its own
    cause (request id and W3C `traceparent`).
    """

    order_id: Id
    user_id: Id
    attempt_id: Id
    causation_id: str = ""
    traceparent: str = ""


class Checkout(Body, frozen=True, kw_only=True):
    """Internal: the lines taken out of a cart for an order, which must be placed before `expires_at` (RFC 3339)."""

    order_id: Id
    lines: list[CartLine]
    currency: str
    expires_at: str


class GivenBack(Body, frozen=True, kw_only=True):
    """Internal: whether the lines of a checkout went back; not while another attempt may still place the order."""

    returned: bool
