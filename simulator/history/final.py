"""The answers of the services after the drain, as `final.json` has them: what each service shows in the end."""

from __future__ import annotations

from pathlib import Path

import msgspec

from services_stub.contracts.events import OrderStatus, ProductStatus
from services_stub.contracts.http.cart import Cart
from services_stub.contracts.http.product import Product
from services_stub.contracts.http.seller import Dashboard
from services_stub.contracts.money import Money

Starts = dict[str, dict[int, int]]
"""The first offset that the log has, by topic and partition; one that is not named is not known."""


class FinalOrder(msgspec.Struct, frozen=True, rename="camel"):
    """An order as its service shows it."""

    order_id: str
    status: OrderStatus


class AskedByOther(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """An order that was asked for by one who has no part in it, and the status of the answer. A guest has no id."""

    order_id: str
    role: str
    user_id: str = ""
    status: int


class ShownProduct(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A product as a service shows it that keeps a copy of it. None where it does not show that."""

    product_id: str
    version: int | None = None
    name: str | None = None
    price: Money | None = None
    quantity: int | None = None
    status: ProductStatus | None = None


class Final(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """All answers. A list that is empty was not asked for.

    `products` are those of the product service, `replicas` those of the services that keep copies, by their names.
    `others` are the orders that were asked for by those who may not see them, `missing` the requests that were not
    answered. `log_starts` are those of the log after the run.
    """

    products: list[Product] = []
    orders: list[FinalOrder] = []
    dashboards: list[Dashboard] = []
    carts: list[Cart] = []
    replicas: dict[str, list[ShownProduct]] = {}
    others: list[AskedByOther] = []
    missing: list[str] = []
    log_starts: Starts = {}


def final_in(path: Path) -> Final:
    """The answers in a file; where there is no file all are missing.

    Raises:
        msgspec.MsgspecError: the file holds something else.
        OSError: it cannot be read.
    """
    return msgspec.json.decode(path.read_bytes(), type=Final) if path.exists() else Final(missing=["all of them"])
