"""Bodies of the cart service."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from services_stub.contracts.base import Body, Request
from services_stub.contracts.events.order import OrderItem
from services_stub.contracts.http.product import Quantity
from services_stub.contracts.money import Money

MOST_LINES = 50
MOST_PER_LINE = 1000


class AddToCart(Request, frozen=True, kw_only=True):
    """Put `quantity` more of a product into the cart."""

    product_id: Annotated[str, Meta(min_length=1, max_length=64)]
    quantity: Quantity = 1


class ChangeQuantity(Request, frozen=True, kw_only=True):
    """The new quantity of a line; 0 removes it."""

    quantity: Annotated[int, Meta(ge=0, le=MOST_PER_LINE)]


class CartLine(Body, frozen=True, kw_only=True):
    """A line with what the cart knows of the product: its price and name follow the product's events."""

    product_id: str
    seller_id: str
    name: str
    quantity: int
    unit_price: Money
    available: bool
    line_total: Money


class Cart(Body, frozen=True, kw_only=True):
    """The cart of a user or of a guest session. `amount` sums the lines that are available."""

    owner: str
    lines: list[CartLine]
    amount: Money
    currency: str


class Ordered(Request, frozen=True, kw_only=True):
    """Internal: these lines became an order, so they leave the cart, once."""

    order_id: str
    items: list[OrderItem]
