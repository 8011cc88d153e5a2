"""Steps of checkouts as the tests of the cart service write them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import msgspec
import valkey

from services_stub.cart.handlers import carts, checkouts
from services_stub.cart.handlers.expiry import settle_overdue
from services_stub.contracts.events.order import OrderCreated
from services_stub.contracts.http.cart import AddToCart, TakeCart
from services_stub.contracts.http.order import OrderIds
from services_stub.runtime.errors import Refused, Unavailable
from services_stub.runtime.peers import Peers
from services_stub.runtime.service import Outcome
from services_stub.runtime.sql.transaction import NO_CAUSE
from tests.builders import order_created, order_item
from tests.fakes import received
from tests.unit.cart.conftest import Shop, access

Units = dict[str, int]


class Orders(Peers):
    """The order service as the worker asks it: knows `known`, or is away."""

    def __init__(self, known: Iterable[str] = ()) -> None:
        self.known = set(known)
        self.away = False

    async def call(self, service: str, method: str, path: str, *, body: Any = None, **_options: Any) -> Any:
        assert (service, method, path) == ("order", "POST", "/internal/orders/known")
        if self.away:
            raise Unavailable("order: away")
        return OrderIds(order_ids=[order_id for order_id in body.order_ids if order_id in self.known])


def put(shop: Shop, product_id: str, quantity: int = 1) -> None:
    shop.do(carts.add(shop.resources, access(), AddToCart(product_id=product_id, quantity=quantity)))


def in_cart(shop: Shop) -> Units:
    cart = shop.do(carts.read(shop.resources, access()))
    return {line.product_id: line.quantity for line in cart.lines}


def take(shop: Shop, order_id: str, attempt_id: str = "a1", user_id: str = "u1") -> Units | None:
    """The lines that were taken out; None where the cart is empty."""
    command = TakeCart(order_id=order_id, user_id=user_id, attempt_id=attempt_id)
    try:
        checkout = shop.do(checkouts.take(shop.resources, command, NO_CAUSE))
    except Refused as refused:
        assert refused.problem.code == "cart-empty"
        return None
    return {line.product_id: line.quantity for line in checkout.lines}


def give_back(shop: Shop, order_id: str, attempt_id: str = "a1") -> bool:
    return shop.do(shop.resources.checkouts.give_back(order_id, attempt_id))


def sweep(shop: Shop, orders: Orders, now: datetime | None = None) -> None:
    shop.do(settle_overdue(shop.resources.checkouts, orders, now or datetime.now(UTC)))


def order_of(order_id: str, lines: Units) -> OrderCreated:
    """The event of an order of these lines."""
    items = [order_item(product_id, quantity=quantity) for product_id, quantity in lines.items()]
    return msgspec.structs.replace(order_created(order_id), items=items)


def hear(shop: Shop, order_id: str, lines: Units) -> Outcome:
    """Let the cart hear that an order was placed."""
    (outcome,) = shop.sink([received(order_of(order_id, lines))])
    return outcome


def open_checkouts(client: valkey.Valkey) -> list[str]:
    """The orders whose lines may still go back."""
    found: Any = client.zrange("checkouts", 0, -1)
    return list(found)
