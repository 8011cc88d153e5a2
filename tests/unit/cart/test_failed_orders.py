"""The lines of an order that could not be paid go back to its cart, once, and not over what was added since."""

from __future__ import annotations

import valkey

from services_stub.contracts.events.payment import PaymentFailed
from services_stub.runtime.service import Outcome
from tests.fakes import received
from tests.unit.cart.checkouts import give_back, hear, in_cart, open_checkouts, put, take
from tests.unit.cart.conftest import Shop


def fail(shop: Shop, order_id: str) -> Outcome:
    (outcome,) = shop.sink([received(PaymentFailed(order_id=order_id, reason="card_declined"))])
    return outcome


def test_lines_come_back_once_and_leave_alone_what_was_added_since(shop: Shop, client: valkey.Valkey) -> None:
    for product_id in ("p1", "p2"):
        shop.product(product_id)
        put(shop, product_id, 2)
    ordered = take(shop, "o1")
    assert ordered is not None
    hear(shop, "o1", ordered)
    put(shop, "p1", 1)
    assert [fail(shop, "o1"), fail(shop, "o1")] == [Outcome.HANDLED, Outcome.DUPLICATE]
    assert in_cart(shop) == {"p1": 1, "p2": 2}
    hear(shop, "o1", ordered)
    assert not give_back(shop, "o1", "a1")
    assert in_cart(shop) == {"p1": 1, "p2": 2}
    assert open_checkouts(client) == []


def test_the_failure_may_be_heard_of_before_the_order(shop: Shop) -> None:
    shop.product("p1")
    put(shop, "p1", 2)
    ordered = take(shop, "o1")
    assert ordered is not None
    fail(shop, "o1")
    hear(shop, "o1", ordered)
    assert in_cart(shop) == {"p1": 2}
    fail(shop, "unknown")
    hear(shop, "unknown", {"p1": 1})
    assert in_cart(shop) == {"p1": 2}
