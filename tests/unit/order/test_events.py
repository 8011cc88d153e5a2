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
from services_stub.contracts.events.order import OrderStatus, OrderUpdated
from services_stub.order import store
from services_stub.order.handlers import HANDLERS
from services_stub.order.handlers.commands import Cancel, DeliverItems, ShipItems, cancel, deliver, ship
from services_stub.runtime.errors import Poison, Refused
from services_stub.runtime.service import Outcome
from services_stub.runtime.sql.transaction import Received
from tests import builders
from tests.fakes import FakeTransaction, received, transaction
from tests.unit.order.orders import order_of, placed, published, status_of


@pytest.fixture
def tx() -> Iterator[FakeTransaction]:
    with transaction(store.TABLES, source="order") as fake:
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
    cancel(tx, Cancel("o1", "u1", ""))
    handle(tx, builders.payment_refunded())
    handle(tx, builders.payment_success())
    assert status_of(tx) == "REFUNDED"
    assert len(tx.published) == 2


def test_a_blocked_seller_cancels_pending_orders_alone(tx: FakeTransaction) -> None:
    placed(tx, "pending", "s1", "s2")
    placed(tx, "paid", "s1")
    placed(tx, "other", "s2")
    handle(tx, builders.payment_success("paid"))
    tx.published.clear()
    handle(tx, builders.seller_blocked("s1"))
    assert [(event.subject, event.reason) for event in published(tx) if isinstance(event, OrderUpdated)] == [
        ("pending", "seller-blocked")
    ]
    assert [status_of(tx, order_id) for order_id in ("pending", "paid", "other")] == ["CANCELLED", "PAID", "PENDING"]


def test_the_later_of_block_and_unblock_holds_whichever_comes_first(tx: FakeTransaction) -> None:
    placed(tx)
    unblocked = builders.seller_unblocked("s1")
    later = at(unblocked, "2026-01-01T00:00:02.000000Z")
    earlier = at(builders.seller_blocked("s1"), "2026-01-01T00:00:01.000000Z")
    assert HANDLERS[type(unblocked)](tx, later) is Outcome.HANDLED
    assert HANDLERS[type(earlier.event)](tx, earlier) is Outcome.REJECTED
    assert status_of(tx) == "PENDING"
    assert store.blocked_among(tx.connection, ["s1"]) == set()


@pytest.mark.parametrize("time", ["", "yesterday", "0001-01-01T00:00:00+23:00"])
def test_a_block_without_a_time_is_poison(tx: FakeTransaction, time: str) -> None:
    event = builders.seller_blocked("s1")
    with pytest.raises(Poison):
        HANDLERS[type(event)](tx, at(event, time))


ACTIONS = ["success", "failed", "refunded", "blocked", "cancel", "ship-s1", "ship-s2", "deliver-s1", "deliver-s2"]
_PAYMENT_EVENTS = {
    "success": builders.payment_success(amount=Decimal("50.00")),
    "failed": builders.payment_failed(),
    "refunded": builders.payment_refunded(),
    "blocked": builders.seller_blocked(),
}


def act(tx: FakeTransaction, action: str) -> None:
    """Do `action` as the runtime would: a refused action leaves no trace."""
    tx.begin_item(Cause("", "", ""))
    name, _, seller = action.partition("-")
    savepoint = tx.connection.begin_nested()
    try:
        if name in _PAYMENT_EVENTS:
            handle(tx, _PAYMENT_EVENTS[name])
        elif name == "cancel":
            cancel(tx, Cancel("o1", "u1", ""))
        elif name == "ship":
            ship(tx, ShipItems("o1", seller))
        else:
            deliver(tx, DeliverItems("o1", seller))
        savepoint.commit()
    except Refused:
        savepoint.rollback()
        tx.rollback_item()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(ACTIONS), max_size=12))
def test_history_events_and_status_tell_the_same_story(actions: list[str]) -> None:
    with transaction(store.TABLES, source="order") as tx:
        placed(tx, "o1", "s1", "s2")
        for action in actions:
            act(tx, action)
        order = order_of(tx)
        updates = [event for event in published(tx) if isinstance(event, OrderUpdated)]
        told = [OrderStatus.PENDING, *(update.status for update in updates)]
        assert [step.status for step in order.history] == told
        assert [update.previous_status for update in updates] == told[:-1]
        assert order.status is told[-1]
        if OrderStatus.SHIPPED in told:
            assert {"ship-s1", "ship-s2"} <= set(actions)
        if OrderStatus.DELIVERED in told:
            assert {"deliver-s1", "deliver-s2"} <= set(actions)
