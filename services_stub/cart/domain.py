"""The rules of carts: their owners, the knowledge of products, and the prices of lines. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Literal, TypeAlias

import msgspec

from services_stub.contracts.money import from_cents

DEFAULT_CURRENCY = "USD"
GUEST_CART_SECONDS = 30 * 24 * 60 * 60
"""A guest's cart ends this long after its last change: most guests never come back to clear it."""

CHECKOUT_SECONDS = 60
GRACE = timedelta(seconds=2)
"""How long after its deadline a checkout is asked about, so that an order under way has been written by then."""

ACTIVE = "ACTIVE"
DELETED = "DELETED"
UNKNOWN = "UNKNOWN"
"""A product that its service does not know or does not show; remembered for a short while only."""

Change: TypeAlias = Literal["price", "name", "availability"]

_IDENTIFIER = re.compile(r"[A-Za-z0-9_-]{1,64}")
_HEXADECIMAL = re.compile(r"[0-9A-Fa-f]*")
_SESSION_BITS = 128
_LEAST_DIFFERENT = 8


class Product(msgspec.Struct, frozen=True, array_like=True):
    """The cart's copy of a product, as it lies in the store: version and status stand first, for the scripts.

    `status` is the product service's, or `DELETED`, or `UNKNOWN`. `stock` is what could be bought when last heard.
    `sequence` is the number of the seller's change that this state includes; 0 where it is not known.
    """

    version: int
    status: str
    product_id: str
    seller_id: str = ""
    name: str = ""
    cents: int = 0
    currency: str = DEFAULT_CURRENCY
    stock: int = 0
    sequence: int = 0


class Line(msgspec.Struct, frozen=True, array_like=True):
    """A line as the store answers it; where it knows nothing of the product, only `missing` names it.

    `added` is the product as the shopper last put it in or changed the line. All changes of the product's seller up to
    the sequence number `prefix` were heard of; -1 where the cart has one line. `lost` are the units of a guest's cart
    that found no room in the merge just done; a product that found none at all has a quantity of 0.
    """

    quantity: int
    product: Product | None
    missing: str = ""
    added: Product | None = None
    prefix: int = -1
    lost: int = 0

    @property
    def product_id(self) -> str:
        """The id of its product."""
        return self.product.product_id if self.product else self.missing


class PricedLine(msgspec.Struct, frozen=True):
    """A line with its price now, whether that many could be bought, and what the shopper knows of the product."""

    product: Product
    quantity: int
    available: bool
    unit_price: Decimal
    total: Decimal
    added: Product | None


def is_identifier(text: str) -> bool:
    """Whether `text` can name a product: bounded, and harmless in keys and paths."""
    return _IDENTIFIER.fullmatch(text) is not None


def is_session(text: str) -> bool:
    """Whether `text` can name a guest session, which is all that protects its cart: 128 bits, as far as one can see.

    A sign of digits alone has 3.3 bits at most, of hexadecimal digits 4, of the others 6.
    """
    if not is_identifier(text) or len(set(text)) < _LEAST_DIFFERENT:
        return False
    signs = text.replace("-", "")
    bits = 3.3 if signs.isdigit() else 4 if _HEXADECIMAL.fullmatch(signs) else 6
    return len(signs) * bits >= _SESSION_BITS


def owner_of_user(user_id: str) -> str:
    """The name under which a user's cart is kept."""
    return f"user:{user_id}"


def user_of(owner: str) -> str:
    """The id of the user whose cart is kept under `owner`; empty for a guest's."""
    kind, _, user_id = owner.partition(":")
    return user_id if kind == "user" else ""


def owner_of_guest(session_id: str) -> str:
    """The name under which a guest's cart is kept."""
    return f"guest:{session_id}"


def seconds_to_live(owner: str) -> int:
    """How long the cart of `owner` is kept after its last change; 0 is for ever."""
    return GUEST_CART_SECONDS if owner.startswith("guest:") else 0


def unknown(product_id: str) -> Product:
    """The copy of a product that its service does not show. Any version is newer."""
    return Product(0, UNKNOWN, product_id)


def priced(line: Line) -> PricedLine:
    """The line at the price that the cart knows."""
    product = line.product or unknown(line.missing)
    available = is_available(product, line.quantity)
    price, total = from_cents(product.cents), from_cents(product.cents * line.quantity)
    return PricedLine(product, line.quantity, available, price, total, line.added)


def is_available(product: Product, quantity: int) -> bool:
    """Whether that many of a product can be bought, as far as is known."""
    return product.status == ACTIVE and product.stock >= quantity


def changes_of(line: PricedLine) -> list[Change]:
    """The differences from what the shopper knows of the product. A product that is gone keeps its name and price."""
    product, added = line.product, line.added
    if added is None:
        return []
    found: list[Change] = []
    known = product.status != UNKNOWN
    if known and product.cents != added.cents:
        found.append("price")
    if known and product.name != added.name:
        found.append("name")
    if line.available != is_available(added, line.quantity):
        found.append("availability")
    return found


def out_of_order(lines: Sequence[Line]) -> list[str]:
    """The products of those sellers whose lines may show a change in one while an earlier one is missing in another.

    A line alone cannot miss what another one shows.
    """
    of_seller: dict[str, list[Line]] = {}
    for line in lines:
        if line.product is not None and line.product.seller_id:
            of_seller.setdefault(line.product.seller_id, []).append(line)
    return [
        line.product.product_id
        for own in of_seller.values()
        if len(own) > 1 and max(_sequence_of(line) for line in own) > max(line.prefix for line in own)
        for line in own
        if line.product is not None
    ]


def _sequence_of(line: Line) -> int:
    return line.product.sequence if line.product else 0


def currency_of(lines: list[PricedLine]) -> str:
    """The currency of a cart: there is one in the marketplace."""
    return lines[0].product.currency if lines else DEFAULT_CURRENCY
