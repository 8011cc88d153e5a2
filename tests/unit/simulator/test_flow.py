"""Records and hop reports become one flow, causes first."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from services_stub.contracts.events import HopOutcome
from simulator.trace.flow import Flow, flow_of
from tests.unit.simulator.records import (
    CHARGED,
    CREATED,
    HOPS,
    ORDER,
    PAID,
    PURCHASE,
    START,
    TOLD,
    hop,
    hops,
    record,
)


def ids(flow: Flow) -> list[str]:
    return [event.envelope.id for event in flow.events]


def test_the_events_of_one_order_in_order() -> None:
    flow = flow_of(ORDER, PURCHASE, started_at=START)
    assert ids(flow) == ["e1", "e4", "e2", "e3"]
    created = flow.events[0]
    assert created.place == "order-created[4]@0"
    assert created.publisher == "order"
    assert created.at == START + 4_100
    assert flow.since_start(created.at) == 0.0041


def test_who_consumed_it_and_what_came_of_it() -> None:
    flow = flow_of(ORDER, PURCHASE, started_at=START)
    consumers = {event.envelope.id: [(c.group, c.outcome) for c in event.consumers] for event in flow.events}
    assert consumers == {
        "e1": [("payment", HopOutcome.HANDLED), ("notification", HopOutcome.HANDLED)],
        "e4": [],
        "e2": [("order", HopOutcome.HANDLED)],
        "e3": [
            ("product", HopOutcome.HANDLED),
            ("cart", HopOutcome.REJECTED),
            ("notification", HopOutcome.DUPLICATE),
        ],
    }


@given(st.permutations(PURCHASE), st.lists(st.sampled_from(PURCHASE)))
def test_neither_order_nor_repetition_of_the_records_matters(shuffled: list[object], repeated: list[object]) -> None:
    assert flow_of(ORDER, [*shuffled, *repeated]) == flow_of(ORDER, PURCHASE)  # type: ignore[list-item]


def test_time_begins_with_the_first_event_unless_told() -> None:
    assert flow_of(ORDER, PURCHASE).started_at == START + 4_100


def test_an_unknown_flow_is_empty() -> None:
    assert flow_of("nobody", PURCHASE) == Flow("nobody", 0, ())


def test_an_effect_stands_after_its_cause_even_if_its_clock_is_behind() -> None:
    late = record("payment-success", 7, event_id="e2", after_ms=0, source="payment", causation="e1")
    later = record("order-updated", 3, event_id="e3", after_ms=1, causation="e2")
    assert ids(flow_of(ORDER, [later, late, CREATED])) == ["e1", "e2", "e3"]


def test_events_that_name_each_other_as_their_cause_are_still_shown() -> None:
    one = record("order-created", 0, event_id="e1", after_ms=1, causation="e2")
    two = record("order-updated", 0, event_id="e2", after_ms=2, causation="e1")
    assert sorted(ids(flow_of(ORDER, [one, two]))) == ["e1", "e2"]


def test_the_same_event_twice_on_a_topic_is_two_records_with_consumers_of_their_own() -> None:
    again = replace(CREATED, offset=1)
    reports = [hops("payment", hop(CREATED, 10)), hops("payment", hop(again, 11, HopOutcome.DUPLICATE), offset=1)]
    flow = flow_of(ORDER, [CREATED, again, *reports])
    assert [[c.outcome for c in event.consumers] for event in flow.events] == [
        [HopOutcome.HANDLED],
        [HopOutcome.DUPLICATE],
    ]


def test_what_cannot_be_read_is_passed_over() -> None:
    broken = [
        replace(CREATED, headers=(("ce_correlationid", ORDER.encode()),)),
        replace(CREATED, headers=(("ce_correlationid", None),)),
        replace(CREATED, headers=(*CREATED.headers, ("other", b"\xff"))),
        replace(HOPS[0], value=b"{"),
        replace(HOPS[0], value=None),
    ]
    assert flow_of(ORDER, broken).events == ()


def test_without_a_readable_time_the_record_s_own_counts() -> None:
    for moment in (b"yesterday", b"2026-11-23T12:30:45"):
        headers = tuple((name, moment if name == "ce_time" else value) for name, value in CREATED.headers)
        flow = flow_of(ORDER, [replace(CREATED, headers=headers)])
        assert flow.events[0].at == CREATED.written_at


def test_all_records_that_matter_are_there() -> None:
    assert {CREATED, CHARGED, PAID, TOLD} <= set(PURCHASE)
