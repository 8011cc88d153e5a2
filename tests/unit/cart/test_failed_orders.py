"""The lines of an order that could not be paid go back to its cart, once, and not over what was added since."""

from __future__ import annotations

import valkey

from services_stub.cart.service import SERVICE
from services_stub.contracts.events.order import OrderItem, OrderPart, OrderStatus, OrderUpdated
from services_stub.contracts.events.payment import PaymentFailed
from services_stub.runtime.service import Outcome
from tests.builders import AMOUNT, order_cancelled, order_item, order_updated
from tests.fakes import received
from tests.unit.cart.checkouts import give_back, hear, in_cart, open_checkouts, put, take
from tests.unit.cart.conftest import Shop

BOTH = [order_item("p1", seller_id="s1"), order_item("p2", seller_id="s2")]


def failed(order_id: str, *parts: OrderPart, items: list[OrderItem] = BOTH) -> OrderUpdated:
    return order_updated(OrderStatus.FAILED, order_id, reason="card_declined", items=items, parts=parts)


def part(seller_id: str, status: OrderStatus) -> OrderPart:
    return OrderPart(seller_id=seller_id, status=status, amount=AMOUNT)


def hear_of(shop: Shop, event: OrderUpdated) -> Outcome | None:
    """The outcome, as the consumer hands the event over; None where the service filters it out."""
    if SERVICE.filters_out(event):
        return None
    (outcome,) = shop.sink([received(event)])
    return outcome


def ordered(shop: Shop) -> dict[str, int]:
    """The lines of the order o1: two pieces of p1 and p2."""
    for product_id in ("p1", "p2"):
        shop.product(product_id)
        put(shop, product_id, 2)
    lines = take(shop, "o1")
    assert lines is not None
    return lines


def test_lines_come_back_once_and_leave_alone_what_was_added_since(shop: Shop, client: valkey.Valkey) -> None:
    lines = ordered(shop)
    hear(shop, "o1", lines)
    put(shop, "p1", 1)
    assert [hear_of(shop, failed("o1")), hear_of(shop, failed("o1"))] == [Outcome.HANDLED, Outcome.DUPLICATE]
    assert in_cart(shop) == {"p1": 1, "p2": 2}
    hear(shop, "o1", lines)
    assert not give_back(shop, "o1", "a1")
    assert in_cart(shop) == {"p1": 1, "p2": 2}
    assert open_checkouts(client) == []


def test_the_failure_may_be_heard_of_before_the_order(shop: Shop) -> None:
    lines = ordered(shop)
    hear_of(shop, failed("o1"))
    hear(shop, "o1", lines)
    assert in_cart(shop) == {"p1": 2, "p2": 2}
    hear_of(shop, failed("unknown"))
    hear(shop, "unknown", {"p1": 1})
    assert in_cart(shop) == {"p1": 2, "p2": 2}


def test_an_order_that_was_cancelled_while_its_payment_failed_gives_nothing_back(shop: Shop) -> None:
    """Of the two the order service has decided: payment-failed alone says nothing about the order."""
    lines = ordered(shop)
    hear(shop, "o1", lines)
    assert PaymentFailed not in SERVICE.events()
    assert hear_of(shop, order_cancelled("o1")) is None
    assert in_cart(shop) == {}


def test_of_an_order_with_a_cancelled_part_only_what_could_not_be_paid_comes_back(shop: Shop) -> None:
    lines = ordered(shop)
    hear(shop, "o1", lines)
    parts = (part("s1", OrderStatus.CANCELLED), part("s2", OrderStatus.FAILED))
    # The status of the order follows from the parts, and what is cancelled comes before what has failed.
    update = order_updated(OrderStatus.CANCELLED, "o1", items=BOTH, parts=parts)
    assert [hear_of(shop, update), hear_of(shop, update)] == [Outcome.HANDLED, Outcome.DUPLICATE]
    assert in_cart(shop) == {"p2": 2}


def test_a_charge_that_comes_after_the_failure_takes_no_line_back(shop: Shop) -> None:
    lines = ordered(shop)
    hear(shop, "o1", lines)
    hear_of(shop, failed("o1", part("s1", OrderStatus.FAILED), part("s2", OrderStatus.FAILED)))
    parts = (part("s1", OrderStatus.CANCELLED), part("s2", OrderStatus.CANCELLED))
    assert hear_of(shop, order_updated(OrderStatus.CANCELLED, "o1", items=BOTH, parts=parts)) is None
    assert in_cart(shop) == {"p1": 2, "p2": 2}
