"""The store keeps flows within its bounds, and loses sight of no record."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.trace import FlowStore, TracedRecord, flow_of
from simulator.trace.decoded import Decoded
from simulator.trace.events import correlation_of
from simulator.trace.spill import Spill, encoded
from tests.unit.simulator.records import CREATED, HOPS, ORDER, PURCHASE, hop, hops, record


def of(flow_id: str, number: int) -> TracedRecord:
    return record("order-created", number, event_id=f"{flow_id}-{number}", after_ms=number, correlation=flow_id)


SIZE = len(encoded(of("first", 0)))
"""Bytes of a record."""


def test_a_store_answers_the_flow_of_an_id() -> None:
    store = FlowStore()
    store.add_all(PURCHASE)
    assert store.flow(ORDER) == flow_of(ORDER, PURCHASE)
    assert store.flow("another order") == flow_of("another order", PURCHASE)
    assert store.flow("unknown") is None
    assert set(store.ids()) == {ORDER, "another order"}


def test_a_store_of_one_flow_keeps_no_other() -> None:
    store = FlowStore(wanted=lambda flow_id: flow_id == ORDER)
    store.add_all(PURCHASE)
    assert store.ids() == [ORDER]
    assert store.counts.unjoined == 1
    assert store.seen().progress["payment", "order-created", 4] == 1


def test_records_of_no_flow_are_counted_by_topic() -> None:
    store = FlowStore()
    store.add_all(
        [
            TracedRecord("foreign", 0, 0, 1, (), b"\x00Avro", None),
            TracedRecord("foreign", 0, 1, 1, (("ce_correlationid", b"\xff"),), None, None),
        ]
    )
    assert (store.counts.unjoined, dict(store.unjoined_by_topic)) == (2, {"foreign": 2})


def test_a_flow_that_has_no_room_in_memory_lies_in_the_file_and_comes_back_when_it_goes_on() -> None:
    store = FlowStore(most_bytes=20 * SIZE, spill=Spill())
    store.add_all(PURCHASE)
    store.add_all(of("other", number) for number in range(15))
    assert store.counts.spilled > 0
    assert store.flow(ORDER) == flow_of(ORDER, PURCHASE)
    store.add_all([late := hops("seller", hop(CREATED, 90), offset=9)])
    assert store.flow(ORDER) == flow_of(ORDER, [*PURCHASE, late])
    assert store.counts.evicted == 0


def test_without_a_file_the_flow_that_has_not_changed_for_longest_is_evicted() -> None:
    store = FlowStore(most_bytes=10 * SIZE)
    store.add_all(of("first", number) for number in range(5))
    store.add_all(of("second", number) for number in range(6))
    assert store.flow("first") is None
    assert store.counts.evicted == 5
    store.add_all([of("first", 9)])
    flow = store.flow("first")
    assert flow is not None
    assert flow.incomplete


def test_a_flow_that_is_larger_than_the_store_loses_its_older_half() -> None:
    store = FlowStore(most_bytes=10 * SIZE)
    store.add_all(of("endless", number) for number in range(1000))
    flow = store.flow("endless")
    assert flow is not None
    assert flow.incomplete
    assert flow.events[-1].offset == 999
    assert store.counts.held == len(flow.events) <= 10


def test_records_that_the_disk_has_no_room_for_are_evicted(monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(BytesIO):
        def write(self, content: Any) -> int:
            return super().write(content[:5])

    monkeypatch.setattr("tempfile.TemporaryFile", lambda **_: Full())
    store = FlowStore(most_bytes=10 * SIZE, spill=Spill())
    store.add_all(of(flow_id, number) for flow_id in ("first", "second") for number in range(8))
    assert store.flow("first") is None
    assert (store.counts.evicted, store.counts.held) == (8, 8)


@pytest.mark.parametrize("most", [1, 3, 4, 1000])
def test_the_beginning_of_a_flow_is_the_flow_as_it_was_then(most: int) -> None:
    store = FlowStore(most_bytes=20 * SIZE, spill=Spill())
    store.add_all(PURCHASE)
    own = [each for each in PURCHASE if correlation_of(each) == ORDER]
    store.add_all(of("other", number) for number in range(25))
    assert store.counts.spilled > 0
    beginning = store.beginning(ORDER, most)
    assert beginning is not None
    assert [event.place for event in beginning.events] == [event.place for event in flow_of(ORDER, own[:most]).events]
    assert not beginning.unseen
    assert store.beginning("unknown", most) is None


@settings(max_examples=40)
@given(st.lists(st.sampled_from("abc"), max_size=60), st.integers(1, 6), st.integers(1, 30), st.integers(0, 60))
def test_a_flow_is_the_same_whether_it_was_decoded_while_it_came(
    flows: list[str], least: int, most: int, asked_at: int
) -> None:
    plain, early = (
        FlowStore(most_bytes=12 * SIZE, spill=Spill(), decoded=decoded) for decoded in (None, Decoded(least, most))
    )
    for number, flow_id in enumerate(flows):
        for store in (plain, early):
            store.add_all([of(flow_id, number)])
        if number == asked_at:
            assert list(early.flows()) == list(plain.flows())
    assert list(early.flows()) == list(plain.flows())


def test_what_is_decoded_is_bounded() -> None:
    decoded = Decoded(least=3, most=10)
    store = FlowStore(decoded=decoded)
    for flow_id in ("short", "first", "second"):
        store.add_all(of(flow_id, number) for number in range(2 if flow_id == "short" else 7))
    assert [decoded.of(flow_id) is None for flow_id in ("short", "first", "second")] == [True, True, False]
    assert len(decoded.of("second") or ()) == 7
    store.add_all(of("second", number) for number in range(7, 12))
    assert decoded.of("second") is None
    flow = store.flow("second")
    assert flow is not None
    assert len(flow.events) == 12


@pytest.mark.parametrize("most_bytes", [0, 3000, 1 << 20])
@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from("abcdefgh-"), max_size=60))
def test_every_record_is_held_or_a_report_or_without_a_flow_or_evicted(most_bytes: int, flows: list[str]) -> None:
    spill = Spill(most_bytes)
    store = FlowStore(most_bytes=12 * SIZE, spill=spill, wanted=lambda flow_id: flow_id != "h")
    for number, flow_id in enumerate(flows):
        store.add_all([HOPS[0] if flow_id == "-" else of(flow_id, number)])
        counts = store.counts
        assert counts.received == counts.held + counts.reports + counts.unjoined + counts.evicted == number + 1
        assert counts.held == sum(len(flow.events) for flow in store.flows())
    spill.close()
