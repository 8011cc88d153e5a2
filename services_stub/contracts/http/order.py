"""Bodies of the order service."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from services_stub.contracts.base import Body, Id, OptionalId, Request
from services_stub.contracts.events.order import OrderItem, OrderPart, OrderStatus
from services_stub.contracts.http.reason import Reason
from services_stub.contracts.money import Amount, Money, checked_amount
from services_stub.contracts.text import WRITTEN_LINE, trim

IDEMPOTENCY_KEY_LENGTH = 128


class PlaceOrder(Request, frozen=True, kw_only=True):
    """Order what lies in the cart. With `expected_amount`, only if the order costs exactly that."""

    payment_method: Annotated[str, Meta(min_length=1, max_length=100, pattern=WRITTEN_LINE)]
    expected_amount: Amount | UnsetType = UNSET

    def __post_init__(self) -> None:
        """Refuse amounts that are none, and trim the text."""
        trim(self, "payment_method")
        if isinstance(self.expected_amount, Decimal):
            checked_amount("expectedAmount", self.expected_amount)


class EndParts(Reason, frozen=True, kw_only=True):
    """Why the part of a seller is ended; without a seller every part that the caller may end, as far as it can be."""

    seller_id: OptionalId = ""


class ChoosePart(Request, frozen=True, kw_only=True):
    """The seller whose part is meant. A seller means their own; an admin need not name the only one."""

    seller_id: OptionalId = ""


class OrderChange(Body, frozen=True, kw_only=True):
    """One step of an order's history: of the part of a seller, or of all parts together where that is empty."""

    status: OrderStatus
    reason: str
    at: str
    seller_id: OptionalId = ""


class Order(Body, frozen=True, kw_only=True):
    """An order and its parts, one for each seller. `history` is filled where one order is read, and empty in lists.

    `returned_to_cart` says that the order could not be paid, and that the lines of its failed parts go back to the
    shopper's cart, except where the shopper has put the product in since.

    A seller sees it as if their own part were all of it.
    """

    order_id: Id
    user_id: Id
    status: OrderStatus
    reason: str
    items: list[OrderItem]
    amount: Money
    currency: str
    payment_method: str
    created_at: str
    updated_at: str
    parts: list[OrderPart] = []
    history: list[OrderChange] = []
    returned_to_cart: bool = False


class OrderIds(Request, frozen=True, kw_only=True):
    """Internal: which of these are orders? The answer has the same shape."""

    order_ids: Annotated[list[Id], Meta(max_length=1000)]
