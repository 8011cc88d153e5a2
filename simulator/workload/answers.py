"""The few fields of the marketplace's answers that a load needs. All others are passed over."""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from typing import Any, TypeVar

import msgspec

Answered = TypeVar("Answered")


class Tokens(msgspec.Struct, rename="camel"):
    """Of a login."""

    access_token: str
    expires_in: float
    user: User


class User(msgspec.Struct, rename="camel"):
    """An account."""

    user_id: str
    email: str = ""


class Users(msgspec.Struct):
    """A page of accounts."""

    items: list[User]


class Order(msgspec.Struct, rename="camel"):
    """An order."""

    order_id: str
    amount: Decimal


class Orders(msgspec.Struct):
    """A page of orders, newest first."""

    items: list[Order]


class Cart(msgspec.Struct):
    """A cart."""

    amount: Decimal


class Message(msgspec.Struct):
    """A message; `about` is the id that it speaks of."""

    about: str


class Messages(msgspec.Struct):
    """A page of messages."""

    items: list[Message]


class Product(msgspec.Struct, rename="camel"):
    """A product."""

    product_id: str
    seller_id: str
    name: str
    price: Decimal
    quantity: int
    version: int


class Products(msgspec.Struct, rename="camel"):
    """A page of products."""

    items: list[Product]
    next_cursor: str | None = None


def read(body: bytes, expected: type[Answered]) -> Answered | None:
    """An answer; None where it is none of this kind."""
    try:
        found: Answered = _decoder(expected).decode(body)  # type: ignore[arg-type] # a class is hashable
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
    return found


@cache
def _decoder(expected: type) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(expected)
