"""The effects of events on orders: the table, carried out, and the events that it publishes."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services_stub.contracts.base import Event
from services_stub.contracts.envelope import Cause
from services_stub.contracts.events.order import OrderPart, OrderStatus, OrderUpdated
from services_stub.order.fulfilment import status_of_order
from services_stub.order.handlers import HANDLERS
from services_stub.order.handlers.commands import Cancel, Deliver, Refund, Ship, cancel, deliver, refund, ship
from services_stub.order.store import TABLES
from services_stub.runtime.errors import Poison, Refused
from services_stub.runtime.service import Outcome
from services_stub.runtime.sql.transaction import Received
from tests import builders
from tests.fakes import FakeTransaction, received, transaction
from tests.unit.order.orders import order_of, parts_of, placed, published, status_of


@pytest.fixture
def tx() -> Iterator[FakeTransaction]:
    with transaction(TABLES, source="order") as fake:
        yield fake


def handle(tx: FakeTransaction, event: Event) -> Outcome | None:
    return HANDLERS[type(event)](tx, received(event))


def at(event: Event, time: str) -> Received[Event]:
    whole = received(event)
    return msgspec.structs.replace(whole, envelope=msgspec.structs.replace(whole.envelope, time=time))


def test_a_charged_order_is_paid_and_says_so(tx: FakeTransaction) -> None:
    placed(tx)
    handle(tx, builders.payment_success())
    expected = OrderUpdated(
        order_id="o1",
        user_id="u1",
        status=OrderStatus.PAID,
        previous_status=OrderStatus.PENDING,
        reason="paid",
        amount=builders.AMOUNT,
        items=[builders.order_item("p-s1")],
        parts=[OrderPart(seller_id="s1", status=OrderStatus.PAID, amount=builders.AMOUNT, reason="paid")],
    )
    assert tx.published == [(expected, "o1")]
    order = order_of(tx)
    assert (order.status, order.reason) == ("PAID", "paid")
    assert [(step.status, step.reason) for step in order.history] == [("PENDING", "placed"), ("PAID", "paid")]


def test_an_uncharged_order_fails_with_the_reason_of_the_payment(tx: FakeTransaction) -> None:
    placed(tx)
    handle(tx, builders.payment_failed())
    order = order_of(tx)
    assert (order.status, order.reason) == ("FAILED", "card_declined")


def test_a_charge_of_another_amount_pays_nothing(tx: FakeTransaction) -> None:
    placed(tx)
    with pytest.raises(Refused):
        handle(tx, builders.payment_success(amount=Decimal("24.99")))
    assert status_of(tx) == "PENDING"


@pytest.mark.parametrize(
    "event", [builders.payment_success("none"), builders.payment_failed("none"), builders.payment_refunded("none")]
)
def test_an_event_about_no_order_is_rejected(tx: FakeTransaction, event: Event) -> None:
    with pytest.raises(Refused):
        handle(tx, event)
    assert tx.published == []


def test_a_second_success_changes_nothing(tx: FakeTransaction) -> None:
    placed(tx)
    handle(tx, builders.payment_success())
    handle(tx, builders.payment_success())
    assert len(tx.published) == 1
    with pytest.raises(Refused):
        handle(tx, builders.payment_failed())


def test_a_refund_heard_before_the_charge_it_gives_back(tx: FakeTransaction) -> None:
    placed(tx)
    cancel(tx, Cancel("o1", "user", "u1"))
    handle(tx, builders.payment_refunded())
    handle(tx, builders.payment_success())
    assert status_of(tx) == "REFUNDED"
    assert len(tx.published) == 2


def test_a_part_is_refunded_by_its_amount_and_no_other(tx: FakeTransaction) -> None:
    placed(tx, "o1", "s1", "s2")
    handle(tx, builders.payment_success(amount=Decimal("50.00")))
    cancel(tx, Cancel("o1", "user", "u1", "s1"))
    for seller, amount in (("s1", "24.00"), ("s3", "25.00"), ("s2", "25.00")):
        with pytest.raises(Refused):
            handle(tx, msgspec.structs.replace(builders.payment_refunded(amount=Decimal(amount)), seller_id=seller))
    handle(tx, msgspec.structs.replace(builders.payment_refunded(), seller_id="s1"))
    assert parts_of(tx) == {"s1": "REFUNDED", "s2": "PAID"}
    assert status_of(tx) == "PAID"


def test_a_part_cancelled_before_the_charge_stays_cancelled_and_the_rest_is_paid(tx: FakeTransaction) -> None:
    placed(tx, "o1", "s1", "s2")
    cancel(tx, Cancel("o1", "user", "u1", "s1"))
    handle(tx, builders.payment_success(amount=Decimal("50.00")))
    assert parts_of(tx) == {"s1": "CANCELLED", "s2": "PAID"}
    placed(tx, "o2", "s1", "s2")
    cancel(tx, Cancel("o2", "user", "u1", "s1"))
    handle(tx, builders.payment_failed("o2"))
    assert (parts_of(tx, "o2"), status_of(tx, "o2")) == ({"s1": "CANCELLED", "s2": "FAILED"}, "CANCELLED")


def test_a_refund_of_everything_ends_every_part(tx: FakeTransaction) -> None:
    placed(tx, "o1", "s1", "s2")
    handle(tx, builders.payment_failed())
    handle(tx, builders.payment_success(amount=Decimal("50.00")))
    handle(tx, builders.payment_refunded(amount=Decimal("50.00")))
    assert (parts_of(tx), status_of(tx)) == ({"s1": "REFUNDED", "s2": "REFUNDED"}, "REFUNDED")


@pytest.mark.parametrize("time", ["", "yesterday", "0001-01-01T00:00:00+23:00"])
def test_a_block_without_a_time_is_poison(tx: FakeTransaction, time: str) -> None:
    event = builders.seller_blocked("s1")
    with pytest.raises(Poison):
        HANDLERS[type(event)](tx, at(event, time))


ACTIONS = ["success", "failed", "refunded", "blocked", "cancel", "cancel-s1", "refund-s1", "refund-s2"]
ACTIONS += ["ship-s1", "ship-s2", "deliver-s1", "deliver-s2", "refunded-s1", "refunded-s2"]
_EVENTS = {
    "success": builders.payment_success(amount=Decimal("50.00")),
    "failed": builders.payment_failed(),
    "refunded": builders.payment_refunded(amount=Decimal("50.00")),
    "blocked": builders.seller_blocked(),
}


def act(tx: FakeTransaction, action: str) -> None:
    """Do `action` as the runtime would: a refused action leaves no trace."""
    tx.begin_item(Cause("", "", ""))
    name, _, seller = action.partition("-")
    savepoint = tx.connection.begin_nested()
    try:
        if name in _EVENTS and not seller:
            handle(tx, _EVENTS[name])
        elif name == "refunded":
            handle(tx, msgspec.structs.replace(builders.payment_refunded(), seller_id=seller))
        elif name == "cancel":
            cancel(tx, Cancel("o1", "user", "u1", seller))
        elif name == "refund":
            refund(tx, Refund("o1", "seller", seller))
        elif name == "ship":
            ship(tx, Ship("o1", "seller", seller))
        else:
            deliver(tx, Deliver("o1", "seller", seller))
        savepoint.commit()
    except Refused:
        savepoint.rollback()
        tx.rollback_item()


@settings(max_examples=80, deadline=None)
@given(st.lists(st.sampled_from(ACTIONS), max_size=14))
def test_history_events_parts_and_status_tell_the_same_story(actions: list[str]) -> None:
    with transaction(TABLES, source="order") as tx:
        placed(tx, "o1", "s1", "s2")
        for action in actions:
            act(tx, action)
        order = order_of(tx)
        updates = [event for event in published(tx) if isinstance(event, OrderUpdated)]
        told = [OrderStatus.PENDING, *(update.status for update in updates)]
        assert [update.previous_status for update in updates] == told[:-1]
        assert order.status is told[-1] is status_of_order([part.status for part in order.parts])
        assert not updates or updates[-1].parts == order.parts
        assert sum(part.amount for part in order.parts) == order.amount
        for part in order.parts:
            steps = [step.status for step in order.history if step.seller_id in ("", part.seller_id)]
            assert steps[-1] is part.status
            for status, action in ((OrderStatus.SHIPPED, "ship"), (OrderStatus.DELIVERED, "deliver")):
                assert status not in steps or f"{action}-{part.seller_id}" in actions
