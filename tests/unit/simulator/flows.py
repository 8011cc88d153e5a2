"""Flows as they should not be: causes that are missing or circular, clocks that differ, records that come twice."""

from __future__ import annotations

import msgspec
from hypothesis import strategies as st

from services_stub.contracts.envelope import new_traceparent
from services_stub.contracts.events import Hop, HopOutcome, HopsReported, RequestHop
from services_stub.contracts.topics import BUSINESS_TOPICS
from simulator.trace import Flow, TracedRecord, flow_of
from simulator.trace.expected import CONSUMERS
from tests.unit.simulator.records import ORDER, START

_TOPICS = [*(topic.name for topic in BUSINESS_TOPICS), "foreign-topic", "order-created.dlq"]
_GROUPS = sorted({group for groups in CONSUMERS.values() for group in groups} | {"", "a group\n\x1b[31m 数"})
_IDS = [f"e{number}" for number in range(6)]
_MOMENTS = st.one_of(
    st.integers(START - 5_000, START + 200_000), st.integers(0, 2**63 - 1), st.just(START), st.just(START + 1000)
)
_VALUES = [
    b"",
    b"{",
    None,
    b'{"status": "SHINY"}',
    b'{"orderId": "o", "userId": "u", "status": "PAID", "previousStatus": "PENDING", "reason": "paid",'
    b' "amount": 12.50, "items": [], "parts": [{"sellerId": "s", "status": "PAID", "amount": 12.50}]}',
    b'{"orderId": "o", "paymentId": "p", "amount": 12.50, "reason": "why", "userId": "u", "currency": "USD"}',
]


@st.composite
def events(draw: st.DrawFn) -> TracedRecord:
    """A record of the flow."""
    topic = draw(st.sampled_from(_TOPICS))
    at = draw(_MOMENTS)
    headers = {
        "ce_specversion": b"1.0",
        "ce_id": draw(st.sampled_from(_IDS)).encode(),
        "ce_type": f"marketplace.{topic}.v1".encode(),
        "ce_source": f"/services/{draw(st.sampled_from(_GROUPS))}".encode(),
        "ce_time": draw(st.sampled_from([b"", b"2026-11-23T12:30:45.012345Z", b"2026-11-23T12:30:45.1Z"])),
        "ce_correlationid": ORDER.encode(),
        "ce_causationid": draw(st.sampled_from([*_IDS, "", "elsewhere"])).encode(),
        "traceparent": new_traceparent(sampled=draw(st.booleans())).encode(),
        "dlq_group": b"payment",
        "dlq_topic": b"order-created",
        "dlq_partition": b"1",
        "dlq_offset": draw(st.sampled_from([b"0", b"7", b"", b"-3"])),
    }
    return TracedRecord(
        topic,
        draw(st.integers(0, 1)),
        draw(st.integers(0, 3)),
        at,
        tuple(headers.items()),
        draw(st.sampled_from(_VALUES)),
        b"k",
    )


@st.composite
def requests(draw: st.DrawFn) -> RequestHop:
    """A report of a request; both sides of one need not agree, and its id may be that of an event."""
    return RequestHop(
        request_id=draw(st.sampled_from(["", "r1", "elsewhere", "e1"])),
        correlation_id=draw(st.sampled_from([ORDER, ORDER, "another order", ""])),
        method=draw(st.sampled_from(["POST", "", "[b]\n"])),
        path=draw(st.sampled_from(["/api/orders", "/internal/x/{id}", "", "数" * 200, "\x1b[31m"])),
        status=draw(st.sampled_from([200, 409, 500, 0, -1, 2**40])),
        caller=draw(st.sampled_from(_GROUPS)),
        callee=draw(st.sampled_from(_GROUPS)),
        started_at=draw(st.one_of(_MOMENTS, st.just(-1))),
        answered_at=draw(st.one_of(_MOMENTS, st.just(2**63))),
    )


@st.composite
def reports(draw: st.DrawFn, on: list[TracedRecord]) -> TracedRecord:
    """A hop report about some of these records, and about one that is not there."""
    hops = []
    for place in draw(st.lists(st.sampled_from([("order-created", 9, 9), *(each.place for each in on)]), max_size=4)):
        topic, partition, offset = place
        hops.append(
            Hop(
                event_id="e1",
                correlation_id=ORDER,
                topic=topic,
                partition=partition,
                offset=offset,
                polled_at=draw(_MOMENTS),
                handled_at=draw(_MOMENTS),
                committed_at=draw(_MOMENTS),
                outcome=draw(st.sampled_from(list(HopOutcome))),
            )
        )
    asked = draw(st.lists(requests(), max_size=4))
    report = HopsReported(group=draw(st.sampled_from(_GROUPS)), instance="i", hops=hops, requests=asked)
    return TracedRecord("trace-hops", 0, draw(st.integers(0, 99)), START, (), msgspec.json.encode(report))


@st.composite
def records(draw: st.DrawFn) -> list[TracedRecord]:
    """All that lies in the topics of one flow; each place has one record."""
    found = {each.place: each for each in draw(st.lists(events(), max_size=7))}
    own = list(found.values())
    return [*own, *draw(st.lists(reports(own), max_size=5))]


@st.composite
def flows(draw: st.DrawFn) -> Flow:
    """A flow of such records."""
    return flow_of(ORDER, draw(records()))
