"""The lines of an order that could not be paid go back to its cart, once, and not over what was added since."""

from __future__ import annotations

import pytest
import valkey

from services_stub.cart.service import SERVICE
from services_stub.cart.store.checkouts import KEPT_SECONDS
from services_stub.contracts.events.order import OrderItem, OrderPart, OrderStatus, OrderUpdated
from services_stub.contracts.events.payment import PaymentFailed
from services_stub.runtime.service import Outcome
from tests.builders import AMOUNT, order_cancelled, order_item, order_updated
from tests.fakes import received
from tests.unit.cart.checkouts import give_back, hear, in_cart, open_checkouts, order_of, put, take
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
    assert hear_of(shop, order_cancelled("o1")) is Outcome.HANDLED
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
    hear_of(shop, order_updated(OrderStatus.CANCELLED, "o1", items=BOTH, parts=parts))
    assert in_cart(shop) == {"p1": 2, "p2": 2}


def paid(order_id: str = "o1") -> OrderUpdated:
    return order_updated(OrderStatus.PAID, order_id, reason="paid", items=BOTH)


@pytest.mark.parametrize("update", [paid(), failed("o1")])
def test_in_one_batch_an_order_comes_before_its_end(shop: Shop, update: OrderUpdated) -> None:
    """The records of a batch come topic by topic, so the end may lie in front."""
    batch = [received(event) for event in (update, order_of("o1", ordered(shop)))]
    assert shop.sink(batch) == [Outcome.HANDLED] * 2
    assert in_cart(shop) == ({} if update.status is OrderStatus.PAID else {"p1": 2, "p2": 2})


@pytest.mark.parametrize("heard_before", [True, False])
def test_of_an_order_that_is_paid_a_mark_is_kept(shop: Shop, client: valkey.Valkey, heard_before: bool) -> None:
    """Events come again, and late, for a week. The lines of a week would fill the store."""
    lines = ordered(shop)
    if heard_before:
        hear(shop, "o1", lines)
    assert [hear_of(shop, paid()), hear_of(shop, paid())] == [Outcome.HANDLED] * 2
    assert open_checkouts(client) == []
    assert take(shop, "o1", "a2") == lines
    assert 0 < int(client.ttl("checkout:o1")) <= KEPT_SECONDS  # type: ignore[arg-type]  # not awaitable here
    client.delete("checkout:o1")  # as its time ends it
    put(shop, "p1", 1)
    assert hear(shop, "o1", lines) is Outcome.DUPLICATE
    assert take(shop, "o1", "a3") is None
    assert not give_back(shop, "o1", "a1")
    assert hear_of(shop, failed("o1")) is Outcome.DUPLICATE
    assert in_cart(shop) == {"p1": 1}
    assert 0 < int(client.memory_usage("settled:o1")) < 120  # type: ignore[arg-type]
    assert int(client.ttl("settled:o1")) > KEPT_SECONDS  # type: ignore[arg-type]


def test_what_happens_to_an_order_after_it_is_paid_is_not_handled(shop: Shop) -> None:
    for status in (OrderStatus.SHIPPED, OrderStatus.CANCELLED, OrderStatus.REFUNDED):
        assert hear_of(shop, order_updated(status, "o1", previous_status=OrderStatus.PAID)) is None
    waiting = (part("s1", OrderStatus.CANCELLED), part("s2", OrderStatus.PENDING))
    assert hear_of(shop, order_updated(OrderStatus.PENDING, "o1", items=BOTH, parts=waiting)) is None


def test_an_order_that_took_nothing_out_is_paid_before_it_is_heard_of(shop: Shop) -> None:
    for product_id in ("p1", "p2"):
        shop.product(product_id)
        put(shop, product_id, 2)
    hear_of(shop, paid("other"))
    assert hear(shop, "other", {"p1": 2}) is Outcome.HANDLED
    assert in_cart(shop) == {"p2": 2}
