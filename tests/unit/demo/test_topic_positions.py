"""The records of an order are compared with those that a purchase must leave."""

from __future__ import annotations

import pytest

from services_stub.contracts.events import HopOutcome
from simulator.demo.steps import Unexpected
from simulator.demo.topic_positions import EXPECTED, compare_with_expected, missing_of
from simulator.trace.flow import Flow, flow_of
from simulator.trace.records import TracedRecord
from tests.unit.simulator.records import ORDER, hop, hops, record


def purchase() -> list[TracedRecord]:
    """The records of a purchase with nothing missing."""
    events = [
        record(topic, number, event_id=f"{topic}-{number}", after_ms=number)
        for topic, (count, _) in EXPECTED.items()
        for number in range(count)
    ]
    reports = [
        hops(group, hop(event, 20), offset=number)
        for number, event in enumerate(events)
        for group in EXPECTED[event.topic][1]
    ]
    return events + reports


def flow(records: list[TracedRecord]) -> Flow:
    return flow_of(ORDER, records)


def test_a_whole_purchase_misses_nothing() -> None:
    assert missing_of(flow(purchase())) == []
    assert compare_with_expected(flow(purchase())) == "8 events, 18 times handled"


def test_an_empty_flow_misses_everything() -> None:
    assert len(missing_of(flow([]))) == len(EXPECTED)


def test_an_event_too_few_or_too_many_is_named() -> None:
    records = purchase()
    assert missing_of(flow([r for r in records if r.topic != "payment-success"])) == ["1 × payment-success (found 0)"]
    twice = record("order-created", 99, event_id="again", after_ms=5)
    assert "1 × order-created (found 2)" in missing_of(flow([*records, twice]))


def test_the_mail_about_low_stock_is_not_counted_whether_it_came_or_not() -> None:
    low = record("stock-low", 0, event_id="low", after_ms=30)
    mail = record("notification-sent", 99, event_id="mail", after_ms=31, causation="low")
    assert missing_of(flow([*purchase(), low, mail])) == []


@pytest.mark.parametrize("outcome", [HopOutcome.DUPLICATE, HopOutcome.REJECTED, HopOutcome.DEAD_LETTER])
def test_a_consumer_that_did_not_handle_an_event_is_named(outcome: HopOutcome) -> None:
    created = record("order-created", 0, event_id="order-created-0", after_ms=0)
    records = [r for r in purchase() if r.topic != "trace-hops"]
    reports = [r for r in purchase() if r.topic == "trace-hops" and b'"payment"' not in (r.value or b"")]
    found = missing_of(flow([*records, *reports, hops("payment", hop(created, 20, outcome), offset=50)]))
    assert "order-created handled by payment" in found


def test_the_comparison_names_the_missing_events() -> None:
    with pytest.raises(Unexpected, match="1 × payment-success"):
        compare_with_expected(flow([r for r in purchase() if r.topic != "payment-success"]))
