"""Requests of shoppers and sellers about an order, and the part of it that each of them sees."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from services_stub.contracts.events.order import OrderStatus, OrderUpdated
from services_stub.order.handlers.commands import (
    Cancel,
    Deliver,
    Refund,
    Ship,
    as_seller_sees,
    cancel,
    deliver,
    read_order,
    refund,
    ship,
)
from services_stub.order.handlers.payments import on_payment_success
from services_stub.order.handlers.placing import place
from services_stub.order.store import TABLES
from services_stub.order.store import orders as store
from services_stub.runtime.errors import Refused
from tests import builders
from tests.builders import order_item
from tests.fakes import FakeTransaction, received, transaction
from tests.unit.order.orders import command, order_of, parts_of, placed, published, status_of

S = OrderStatus


@pytest.fixture
def tx() -> Iterator[FakeTransaction]:
    with transaction(TABLES, source="order") as fake:
        yield fake


def pay(tx: FakeTransaction, *sellers: str) -> None:
    placed(tx, "o1", *sellers)
    on_payment_success(tx, received(builders.payment_success(amount=builders.AMOUNT * len(sellers))))
    tx.published.clear()


def refusal_of(error: pytest.ExceptionInfo[Refused]) -> tuple[int, str]:
    return error.value.problem.status, error.value.problem.code


@pytest.mark.parametrize("is_paid", [False, True])
def test_a_shopper_cancels_until_it_is_shipped(tx: FakeTransaction, is_paid: bool) -> None:
    if is_paid:
        pay(tx, "s1")
    else:
        placed(tx)
    cancel(tx, Cancel("o1", "user", "u1", "", "wrong size"))
    event = published(tx)[0]
    assert isinstance(event, OrderUpdated)
    assert (event.status, event.reason) == ("CANCELLED", "cancelled-by-shopper")
    assert order_of(tx).history[-1].reason == "cancelled-by-shopper: wrong size"
    cancel(tx, Cancel("o1", "user", "u1"))
    assert len(tx.published) == 1


def test_the_parts_that_are_not_shipped_are_cancelled_and_those_that_are_stay(tx: FakeTransaction) -> None:
    pay(tx, "s1", "s2", "s3")
    ship(tx, Ship("o1", "seller", "s1"))
    cancel(tx, Cancel("o1", "user", "u1", "s2"))
    assert parts_of(tx) == {"s1": S.SHIPPED, "s2": S.CANCELLED, "s3": S.PAID}
    cancel(tx, Cancel("o1", "admin", "a1"))
    assert (parts_of(tx), status_of(tx)) == ({"s1": S.SHIPPED, "s2": S.CANCELLED, "s3": S.CANCELLED}, S.SHIPPED)
    cancel(tx, Cancel("o1", "user", "u1"))
    for seller in ("s1", "s2"):
        with pytest.raises(Refused) as error:
            cancel(tx, Cancel("o1", "user", "u1", "s1"))
        assert refusal_of(error) == (409, "order-not-cancellable")
        assert [part.seller_id for part in error.value.problem.extensions["parts"]] == ["s1"]
        refund(tx, Refund("o1", "seller", seller))
    assert [step.reason for step in order_of(tx).history if step.seller_id == "s3"] == ["cancelled-by-admin"]


def test_every_change_of_a_part_tells_of_all_parts(tx: FakeTransaction) -> None:
    pay(tx, "s1", "s2")
    ship(tx, Ship("o1", "seller", "s1"))
    ship(tx, Ship("o1", "seller", "s2"))
    first, second = (event for event in published(tx) if isinstance(event, OrderUpdated))
    assert (first.previous_status, first.status, first.reason) == ("PAID", "PAID", "shipped")
    assert (second.previous_status, second.status) == ("PAID", "SHIPPED")
    assert [(part.seller_id, part.status, part.amount) for part in first.parts] == [
        ("s1", "SHIPPED", builders.AMOUNT),
        ("s2", "PAID", builders.AMOUNT),
    ]
    assert [(step.status, step.seller_id) for step in order_of(tx).history] == [
        ("PENDING", ""),
        ("PAID", ""),
        ("SHIPPED", "s1"),
        ("SHIPPED", "s2"),
    ]


def test_the_last_part_ships_and_delivers_the_order(tx: FakeTransaction) -> None:
    pay(tx, "s1", "s2")
    ship(tx, Ship("o1", "seller", "s1"))
    deliver(tx, Deliver("o1", "seller", "s1"))
    assert status_of(tx) == "PAID"
    with pytest.raises(Refused) as error:
        deliver(tx, Deliver("o1", "seller", "s2"))
    assert refusal_of(error) == (409, "order-not-shipped")
    ship(tx, Ship("o1", "seller", "s1"))
    ship(tx, Ship("o1", "admin", "a1", "s2"))
    assert status_of(tx) == "SHIPPED"
    for _ in range(2):
        deliver(tx, Deliver("o1", "admin", "a1", "s2"))
    assert status_of(tx) == "DELIVERED"
    assert len(tx.published) == 4


def test_a_seller_refunds_their_part_and_cancels_it_before_it_is_shipped(tx: FakeTransaction) -> None:
    pay(tx, "s1", "s2")
    refund(tx, Refund("o1", "seller", "s1", "", "sold out"))
    assert (parts_of(tx), order_of(tx).parts[0].reason) == ({"s1": S.CANCELLED, "s2": S.PAID}, "cancelled-by-seller")
    ship(tx, Ship("o1", "seller", "s2"))
    deliver(tx, Deliver("o1", "seller", "s2"))
    refund(tx, Refund("o1", "seller", "s2", "", "broken"))
    assert (parts_of(tx), status_of(tx)) == ({"s1": S.CANCELLED, "s2": S.REFUNDING}, S.REFUNDING)
    assert order_of(tx).history[-1].reason == "refunded-by-seller: broken"
    refund(tx, Refund("o1", "admin", "a1"))
    with pytest.raises(Refused) as error:
        ship(tx, Ship("o1", "seller", "s2"))
    assert refusal_of(error) == (409, "order-refunded")


def test_an_admin_names_the_part_where_there_are_several(tx: FakeTransaction) -> None:
    pay(tx, "s1", "s2")
    with pytest.raises(Refused) as error:
        ship(tx, Ship("o1", "admin", "a1"))
    assert refusal_of(error) == (400, "invalid-input")
    for asked in (Refund("o1", "admin", "a1", "s3"), Refund("o1", "seller", "s1", "s2")):
        with pytest.raises(Refused) as error:
            refund(tx, asked)
        assert refusal_of(error) == (404, "part-not-found")
    refund(tx, Refund("o1", "admin", "a1"))
    assert parts_of(tx) == {"s1": S.CANCELLED, "s2": S.CANCELLED}
    placed(tx, "o2", "s1")
    on_payment_success(tx, received(builders.payment_success("o2")))
    ship(tx, Ship("o2", "admin", "a1"))
    assert status_of(tx, "o2") == "SHIPPED"


def test_nothing_is_shipped_before_it_is_paid(tx: FakeTransaction) -> None:
    placed(tx)
    with pytest.raises(Refused) as error:
        ship(tx, Ship("o1", "seller", "s1"))
    assert refusal_of(error) == (409, "order-not-paid")
    with pytest.raises(Refused) as error:
        deliver(tx, Deliver("o1", "seller", "s1"))
    assert refusal_of(error) == (409, "order-not-shipped")


def test_other_peoples_orders_do_not_exist(tx: FakeTransaction) -> None:
    placed(tx)
    with pytest.raises(Refused) as error:
        cancel(tx, Cancel("o1", "user", "u2"))
    assert refusal_of(error) == (404, "order-not-found")
    with pytest.raises(Refused) as error:
        ship(tx, Ship("o1", "seller", "s2"))
    assert refusal_of(error) == (404, "order-not-found")
    for role, user_id in (("user", "u2"), ("seller", "s2"), ("seller", "u1"), ("user", "s1")):
        with pytest.raises(Refused) as error:
            read_order(tx.connection, "o1", role, user_id)
        assert refusal_of(error) == (404, "order-not-found")
    with pytest.raises(Refused):
        read_order(tx.connection, "none", "admin", "a1")


def test_a_seller_sees_their_own_items_alone(tx: FakeTransaction) -> None:
    items = (order_item("p1", seller_id="s1"), order_item("p2", seller_id="s2", quantity=1, unit_price="3.00"))
    place(tx, command(items=items))
    tx.commit()
    whole = read_order(tx.connection, "o1", "user", "u1")
    assert whole == read_order(tx.connection, "o1", "admin", "a1")
    assert whole.amount == Decimal("28.00")
    part = read_order(tx.connection, "o1", "seller", "s2")
    assert part == as_seller_sees(whole, "s2")
    assert ([line.product_id for line in part.items], part.amount) == (["p2"], Decimal("3.00"))
    assert [(p.seller_id, p.amount) for p in part.parts] == [("s2", Decimal("3.00"))]


def test_a_seller_sees_the_status_and_the_steps_of_their_part(tx: FakeTransaction) -> None:
    pay(tx, "s1", "s2")
    ship(tx, Ship("o1", "seller", "s1"))
    refund(tx, Refund("o1", "seller", "s2"))
    tx.commit()
    seen = read_order(tx.connection, "o1", "seller", "s2")
    assert (seen.status, [step.status for step in seen.history]) == ("CANCELLED", ["PENDING", "PAID", "CANCELLED"])
    for seller, status in (("s1", S.SHIPPED), ("s2", S.CANCELLED)):
        found = store.orders_of_seller(tx.connection, seller, status, "", 10).items
        assert [order.order_id for order in found] == ["o1"]
        assert store.orders_of_seller(tx.connection, seller, S.PAID, "", 10).items == []


def test_lists_page_through_every_order_once_newest_first() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    with transaction(TABLES, source="order") as tx:
        for number in range(7):
            # Three orders share a batch and so a time.
            tx.now = start + timedelta(seconds=number // 3)
            sellers = ("s1", "s2") if number % 2 else ("s2",)
            lines = tuple(order_item(f"p-{seller}", seller_id=seller) for seller in sellers)
            place(tx, command(f"o{number}", user_id="u1" if number < 6 else "u2", items=lines))
        seen: list[str] = []
        cursor: str | None = ""
        while cursor is not None:
            page = store.orders_of_user(tx.connection, "u1", None, cursor, 2)
            seen += [order.order_id for order in page.items]
            cursor = page.next_cursor
        assert seen == ["o5", "o4", "o3", "o2", "o1", "o0"]
        first = store.orders_of_seller(tx.connection, "s1", None, "", 2)
        rest = store.orders_of_seller(tx.connection, "s1", None, first.next_cursor or "", 2)
        assert [order.order_id for order in (*first.items, *rest.items)] == ["o5", "o3", "o1"]
        assert rest.next_cursor is None
        on_payment_success(tx, received(builders.payment_success("o4")))
        assert [o.order_id for o in store.all_orders(tx.connection, OrderStatus.PAID, "", 10).items] == ["o4"]
        assert len(store.all_orders(tx.connection, None, "", 10).items) == 7
