"""The states that each event of a flow changed, from its contents."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from msgspec.structs import replace

from services_stub.contracts.events import (
    Event,
    OrderPart,
    OrderStatus,
    OrderUpdated,
    PaymentFailed,
    PaymentRefunded,
    ProductCreated,
    ProductStatus,
    StockLow,
)
from simulator.trace import Flow, TracedRecord, flow_of
from simulator.trace.changes import transitions_of
from simulator.trace.drawings.steps import steps
from tests.unit.simulator.flows import flows
from tests.unit.simulator.purchase import AMOUNT, CHARGED, CREATED, EVENTS, PAID, dead_letter, event, purchase
from tests.unit.simulator.records import ORDER, record

S = OrderStatus


def updated(status: OrderStatus, before: OrderStatus, *parts: tuple[str, OrderStatus]) -> OrderUpdated:
    return OrderUpdated(
        order_id=ORDER, user_id="u1", status=status, previous_status=before, reason="why", amount=AMOUNT, items=[],
        parts=[OrderPart(seller_id=seller, status=own, amount=Decimal(1)) for seller, own in parts],
    )  # fmt: skip


def refund(amount: str) -> PaymentRefunded:
    return PaymentRefunded(order_id=ORDER, payment_id="pay-1", amount=Decimal(amount), reason="cancelled")


def then(*contents: Event) -> list[TracedRecord]:
    """Further events of the purchase."""
    return [
        event(content, 50 + number, f"n{number}", 100 + number, "order", "e3")
        for number, content in enumerate(contents)
    ]


def changes(records: list[TracedRecord]) -> list[list[tuple[str, str, str]]]:
    """What, before and after of each event."""
    found = transitions_of(flow_of(ORDER, records))
    return [[(each.what, each.before, each.after) for each in step.changes] for step in found]


def test_a_purchase_goes_from_state_to_state() -> None:
    assert changes(EVENTS) == [
        [("stock of Stoneware bowl", "", "8 left")],
        [("order", "", "PENDING")],
        [("message order-placed", "", "sent by email")],
        [("payment", "", "charged 37.00 USD")],
        [("order", "PENDING", "PAID")],
        [("message receipt", "", "sent by email")],
        [("message to-ship", "", "sent by email")],
    ]


@pytest.mark.parametrize(
    ("contents", "expected"),
    [
        ([updated(S.SHIPPED, S.PAID, ("s1", S.SHIPPED))], [("order", "PAID", "SHIPPED"), ("shipment", "", "SHIPPED")]),
        ([updated(S.PAID, S.PAID, ("s1", S.SHIPPED), ("s2", S.PAID))],
         [("part of s1", "", "SHIPPED"), ("part of s2", "", "PAID")]),
        ([refund("7.00"), refund("30.00")],
         [("payment", "charged 37.00 USD, 7.00 given back", "charged 37.00 USD, 37.00 given back")]),
        ([PaymentFailed(order_id=ORDER, reason="card_declined")],
         [("payment", "charged 37.00 USD", "not charged: card_declined")]),
        ([StockLow(seller_id="s1", product_id="p1", name="Stoneware bowl", quantity=2, threshold=3, sold_out=False)],
         [("stock of Stoneware bowl", "8 left", "2 left")]),
        ([ProductCreated(product_id="p2", seller_id="s1", name="Stoneware bowl", category="", price=Decimal("2.00"),
                         quantity=1, status=ProductStatus.ACTIVE, version=1)],
         [("stock of Stoneware bowl", "", "1 left"), ("price of Stoneware bowl", "", "2.00 USD"),
          ("Stoneware bowl", "", "ACTIVE")]),
    ],
)  # fmt: skip
def test_the_last_event_changes(contents: list[Event], expected: list[tuple[str, str, str]]) -> None:
    assert changes([*EVENTS, *then(*contents)])[-1] == expected


def test_an_event_that_comes_twice_changes_nothing_the_second_time() -> None:
    again = replace(CHARGED, offset=99, written_at=PAID.written_at + 1_000_000)
    assert sorted(map(len, changes([CREATED, CHARGED, PAID, again]))) == [0, 1, 1, 1]


def test_an_event_of_another_system_says_its_status() -> None:
    other = replace(record("parcels", 0, event_id="x", after_ms=1), value=b'{"status": "on its way"}')
    unknown = replace(record("parcels", 1, event_id="y", after_ms=2), value=b"\x00")
    assert changes([other, unknown]) == [[("parcels", "", "on its way")], []]


def test_the_steps_of_a_flow_as_text() -> None:
    flow = flow_of(ORDER, [*purchase(), dead_letter(CREATED, group="fraud", error="why", after_ms=9)])
    lines = steps(flow, width=100)
    assert lines[0] == "1/7 +0.0 ms product ─▶ product-updated ─▶ analytics, cart, search, seller"
    assert "2/7 +2.1 ms order ─▶ order-created ─▶ analytics, cart, notification, payment, seller, fraud" in lines
    assert "      order: PENDING ─▶ PAID" in lines
    assert steps(flow_of("none", [])) == ["no event of this flow was found"]


@settings(max_examples=12, deadline=None)
@given(flows())
def test_the_steps_of_any_flow_fit_and_are_ascii_where_asked_for(flow: Flow) -> None:
    assert len(transitions_of(flow)) == len(flow.events)
    lines = steps(flow, width=40, ascii_only=True)
    assert all(line.isascii() and len(line) <= 40 for line in lines)
