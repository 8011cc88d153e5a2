"""Orders of several sellers: each part is told once, to the shopper and to its seller, and the sums add up."""

from __future__ import annotations

from decimal import Decimal
from itertools import permutations

import pytest

from services_stub.contracts.base import Event
from services_stub.contracts.events.order import OrderPart, OrderStatus, OrderUpdated
from services_stub.runtime.errors import Poison
from services_stub.runtime.service import Outcome
from tests.builders import order_item, order_updated, payment_refunded, payment_success, user_created
from tests.fakes import FakeTransaction
from tests.unit.notification.conftest import notify
from tests.unit.notification.test_events import rows

TOTAL = Decimal("30.00")
ITEMS = [order_item(), order_item("p2", seller_id="s2", quantity=1, unit_price="5.00")]
AMOUNTS = {"s1": Decimal("25.00"), "s2": Decimal("5.00")}
S = OrderStatus


def parts(first: OrderStatus, second: OrderStatus, reason: str = "") -> OrderUpdated:
    """The order of two sellers with these statuses."""
    statuses = {"s1": first, "s2": second}
    found = [OrderPart(seller_id=s, status=statuses[s], amount=AMOUNTS[s], reason=reason) for s in statuses]
    return order_updated(min(first, second, key=list(S).index), items=ITEMS, parts=found, amount=TOTAL)


def charged() -> Event:
    return payment_success(amount=TOTAL)


def refunded(seller_id: str) -> Event:
    return payment_refunded(amount=AMOUNTS[seller_id], seller_id=seller_id)


def told(tx: FakeTransaction) -> list[tuple[str, str, str]]:
    """The addressee, the template and the part of each notification."""
    return [(row.user_id, row.template, row.occasion) for row in rows(tx, "notifications")]


def test_a_paid_order_has_a_receipt_and_each_seller_hears_what_to_ship(tx: FakeTransaction) -> None:
    notify(tx, parts(S.PAID, S.PAID))
    assert told(tx) == [("u1", "receipt", ""), ("s1", "sale", ""), ("s2", "sale", "")]
    receipt, first, second = rows(tx, "notifications")
    assert receipt.subject == "Your receipt: 30.00 USD for the order o1"
    assert "Total, paid: 30.00 USD" in receipt.text
    assert "Sum: 25.00 USD" in first.text
    assert ("5.00 USD each" in first.text, "5.00 USD each" in second.text) == (False, True)


def test_each_step_of_a_part_is_told_once_however_often_it_is_repeated(tx: FakeTransaction) -> None:
    steps = [
        parts(S.PAID, S.PAID),
        parts(S.SHIPPED, S.PAID),
        parts(S.SHIPPED, S.CANCELLED),
        parts(S.SHIPPED, S.REFUNDED),
        parts(S.DELIVERED, S.REFUNDED),
    ]
    notify(tx, *steps)
    assert told(tx)[3:] == [
        ("u1", "order-shipped", "s1"),
        ("u1", "order-cancelled", "s2"),
        ("s2", "sale-cancelled", ""),
        ("u1", "order-delivered", "s1"),
    ]
    before = told(tx)
    assert set(notify(tx, *steps)) == {Outcome.DUPLICATE}
    assert told(tx) == before
    shipped = rows(tx, "notifications")[3]
    assert shipped.subject == "A part of your order o1 is on its way"
    assert ("Lamp, 12.50" in shipped.text, "5.00 USD each" in shipped.text) == (True, False)
    assert "you get 5.00 USD back" in rows(tx, "notifications")[4].text


def test_both_parts_may_be_told_of_the_same_step(tx: FakeTransaction) -> None:
    notify(tx, parts(S.SHIPPED, S.SHIPPED))
    assert told(tx) == [("u1", "order-shipped", "s1"), ("u1", "order-shipped", "s2")]


def test_a_seller_hears_nothing_of_a_sale_that_was_never_paid(tx: FakeTransaction) -> None:
    notify(tx, parts(S.CANCELLED, S.CANCELLED))
    assert {user for user, _, _ in told(tx)} == {"u1"}


@pytest.mark.parametrize("status", ["PENDING", "FAILED", "REFUNDED"])
def test_what_changes_nothing_is_filtered_out(tx: FakeTransaction, status: str) -> None:
    assert notify(tx, parts(S(status), S(status))) == [None]
    assert told(tx) == []


def test_an_event_without_parts_is_about_the_whole_order(tx: FakeTransaction) -> None:
    for status in (S.PAID, S.SHIPPED, S.CANCELLED):
        notify(tx, order_updated(status, items=ITEMS, amount=TOTAL))
    assert told(tx) == [
        ("u1", "receipt", ""),
        ("s1", "sale", ""),
        ("s2", "sale", ""),
        ("u1", "order-shipped", ""),
        ("u1", "order-cancelled", ""),
        ("s1", "sale-cancelled", ""),
        ("s2", "sale-cancelled", ""),
    ]
    assert rows(tx, "notifications")[3].subject == "Your order o1 is on its way"


@pytest.mark.parametrize("events", list(permutations([charged(), refunded("s2"), refunded("s1")])))
def test_refunds_and_what_is_kept_add_up_in_any_order(tx: FakeTransaction, events: tuple[Event, ...]) -> None:
    notify(tx, user_created(), *events)
    notify(tx, *events)
    refunds = [row for row in rows(tx, "notifications") if row.template == "refund"]
    assert sorted(row.occasion for row in refunds) == ["s1", "s2"]
    for row in refunds:
        assert row.subject == f"We refunded {AMOUNTS[row.occasion]} USD"
        assert "for a part of your order o1" in row.text
        assert "Charged:         30.00 USD" in row.text
    first, last = refunds
    amount = AMOUNTS[first.occasion]
    assert f"Refunded so far: {amount} USD\nKept:            {TOTAL - amount} USD" in first.text
    assert "Refunded so far: 30.00 USD\nKept:            0.00 USD" in last.text


def test_a_refund_of_the_whole_order_says_so(tx: FakeTransaction) -> None:
    notify(tx, payment_success(), payment_refunded())
    (refund,) = rows(tx, "notifications")
    assert refund.text.startswith("25.00 USD was given back for your order o1.")


@pytest.mark.parametrize("first", [0, 1])
def test_more_given_back_than_was_charged_is_poison(tx: FakeTransaction, first: int) -> None:
    events = [payment_success(amount=Decimal("4.99")), refunded("s2")]
    notify(tx, events[first])
    with pytest.raises(Poison):
        notify(tx, events[1 - first])


def test_quantities_that_are_none_are_poison(tx: FakeTransaction) -> None:
    with pytest.raises(Poison):
        notify(tx, order_updated(S.PAID, items=[order_item(quantity=10**30)]))
