"""Bodies of the product service."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from services_stub.contracts.base import LARGEST_NUMBER, Body, Id, Request
from services_stub.contracts.events.order import OrderItem
from services_stub.contracts.events.product import ProductStatus
from services_stub.contracts.money import Money, Price, checked_price
from services_stub.contracts.text import TEXT, WRITTEN_LINE, trim

Name = Annotated[str, Meta(min_length=1, max_length=200, pattern=WRITTEN_LINE)]
Category = Annotated[str, Meta(min_length=1, max_length=60, pattern=WRITTEN_LINE)]
Description = Annotated[str, Meta(max_length=4000, pattern=TEXT)]
Stock = Annotated[int, Meta(ge=0, le=1_000_000_000)]
Quantity = Annotated[int, Meta(ge=1, le=1000)]


class CreateProduct(Request, frozen=True, kw_only=True):
    """A new product of the seller who sends it."""

    name: Name
    category: Category
    price: Price
    quantity: Stock
    description: Description = ""

    def __post_init__(self) -> None:
        """Refuse prices that are none, and trim the texts."""
        checked_price("price", self.price)
        trim(self, "name", "category", "description")


class ProductState(Body, frozen=True, kw_only=True):
    """Internal: a product as its latest event says it, or that it was deleted."""

    product_id: Id
    seller_id: Id
    name: str
    category: str
    description: str
    price: Money
    currency: str
    quantity: int
    status: ProductStatus
    version: int
    deleted: bool


class ProductStates(Body, frozen=True, kw_only=True):
    """Internal: a page of all products there ever were, by id, and how many they are. The next is `after` its last."""

    items: list[ProductState]
    total: int


class ChangeProduct(Request, frozen=True, kw_only=True):
    """The fields to change. With `version`, only if the product still has that version."""

    name: Name | UnsetType = UNSET
    category: Category | UnsetType = UNSET
    price: Price | UnsetType = UNSET
    quantity: Stock | UnsetType = UNSET
    description: Description | UnsetType = UNSET
    version: Annotated[int, Meta(ge=1, le=LARGEST_NUMBER)] | UnsetType = UNSET

    def __post_init__(self) -> None:
        """Refuse prices that are none, and trim the texts."""
        if isinstance(self.price, Decimal):
            checked_price("price", self.price)
        trim(self, "name", "category", "description")


class Product(Body, frozen=True, kw_only=True):
    """A product. `quantity` can still be bought; `reserved` belongs to orders that are not paid yet.

    `seller_sequence` is the number of the newest change of this product among all changes of its seller's products.
    """

    product_id: Id
    seller_id: Id
    name: str
    category: str
    description: str
    price: Money
    currency: str
    quantity: int
    status: ProductStatus
    version: int
    created_at: str
    reserved: int = 0
    seller_sequence: int = 0


class ProductIds(Request, frozen=True, kw_only=True):
    """Internal: the products that are asked for."""

    product_ids: Annotated[list[Id], Meta(max_length=100)]


class CategoryCount(Body, frozen=True, kw_only=True):
    """A category and how many products of it a shopper can see."""

    category: str
    products: int


class ReservationLine(Request, frozen=True, kw_only=True):
    """A line to reserve, at the price that the shopper was shown."""

    product_id: Id
    quantity: Quantity
    unit_price: Price


class Reserve(Request, frozen=True, kw_only=True):
    """Internal: reserve every line for an order, or none.

    Several of these share one HTTP call, so each brings the cause (request id and W3C `traceparent`) of its own events.
    """

    order_id: Id
    lines: Annotated[list[ReservationLine], Meta(min_length=1, max_length=100)]
    causation_id: str = ""
    traceparent: str = ""


class Reservation(Body, frozen=True, kw_only=True):
    """Internal: stock held for an order until `expires_at` (RFC 3339), unless the order exists by then."""

    order_id: Id
    expires_at: str
    lines: list[OrderItem]


class LineProblem(Body, frozen=True, kw_only=True):
    """Why a line could not be reserved; the extension `lines` of the problem documents carries these."""

    product_id: Id
    problem: str
    available: int = 0
    old_price: Money | None = None
    new_price: Money | None = None
