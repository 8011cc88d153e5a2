"""The HTTP requests of a flow: both sides joined into one, spans that add up, and nothing that breaks it."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from services_stub.contracts.events import RequestHop
from simulator.trace import (
    FlowStore,
    Kind,
    Seen,
    Span,
    SpanKind,
    TracedRecord,
    critical_path,
    findings_of,
    flow_of,
    is_broken,
    spans_of_request,
)
from simulator.trace.drawings.messages import messages_of
from simulator.trace.spans import innermost, judged_until
from simulator.trace.spill import Spill
from simulator.trace.tables import difference, statistics_of
from tests.unit.simulator.flows import records
from tests.unit.simulator.over_http import PLACE, PLACED, RESERVE, TAKE, asked, purchase_over_http, report
from tests.unit.simulator.purchase import purchase
from tests.unit.simulator.records import ORDER, START

LATER = Seen(START + 60_000_000)
GOOD = flow_of(ORDER, purchase_over_http())
HANDLED = asked("", "order", PLACE, 0.5, 6.5, status=201)


def times_of(*reports: TracedRecord) -> list[tuple[str, int, int, int | None, int | None]]:
    """The caller and the times of each request, in microseconds since the start."""
    return [
        (
            each.caller,
            each.started_at - START,
            each.answered_at - START,
            None if each.handled_from is None else each.handled_from - START,
            None if each.handled_until is None else each.handled_until - START,
        )
        for each in flow_of(ORDER, reports).requests
    ]


def test_the_http_part_of_a_purchase() -> None:
    assert [(each.caller, each.callee, each.method, each.path, each.status) for each in GOOD.requests] == [
        ("gateway", "order", "POST", PLACE, 201),
        ("order", "cart", "POST", TAKE, 200),
        ("order", "product", "POST", RESERVE, 200),
    ]
    assert GOOD.started_at == START
    assert not is_broken(findings_of(GOOD, LATER))


@pytest.mark.parametrize(
    ("sent", "handled", "times"),
    [
        ([PLACED], [HANDLED], [("gateway", 0, 7000, 500, 6500)]),
        ([PLACED], [], [("gateway", 0, 7000, None, None)]),
        ([], [HANDLED], [("", 500, 6500, 500, 6500)]),
        # The clock of the callee is ahead, and behind: its times are put within those of the caller.
        ([PLACED], [asked("", "order", PLACE, 6, 12)], [("gateway", 0, 7000, 6000, 7000)]),
        ([PLACED], [asked("", "order", PLACE, 9, 15)], [("gateway", 0, 7000, 7000, 7000)]),
        # Answered before it was sent: a clock was set back meanwhile.
        ([asked("gateway", "order", PLACE, 5, 3)], [], [("gateway", 5000, 5000, None, None)]),
        # The same request id again: a client that tried once more.
        (
            [PLACED, asked("gateway", "order", PLACE, 50, 60)],
            [asked("", "order", PLACE, 51, 59), HANDLED],
            [("gateway", 0, 7000, 500, 6500), ("gateway", 50_000, 60_000, 51_000, 59_000)],
        ),
        (
            [PLACED],
            [asked("", "order", PLACE, 1, 2, request_id="another")],
            [("gateway", 0, 7000, None, None), ("", 1000, 2000, 1000, 2000)],
        ),
    ],
)
def test_both_sides_of_a_request_are_joined(
    sent: list[RequestHop], handled: list[RequestHop], times: list[tuple[str, int, int, int | None, int | None]]
) -> None:
    assert times_of(report("gateway", *sent), report("order", *handled, offset=1)) == times


def test_a_report_that_comes_twice_is_one_request_and_one_of_another_flow_none() -> None:
    foreign = replace(PLACED, correlation_id="another order")
    assert times_of(report("gateway", PLACED, PLACED, foreign), report("gateway", PLACED, offset=9)) == times_of(
        report("gateway", PLACED)
    )


def test_a_report_of_too_many_requests_is_passed_over_and_the_rest_is_read() -> None:
    assert times_of(report("gateway", *[PLACED] * 501), report("order", HANDLED)) == [("", 500, 6500, 500, 6500)]


def test_the_critical_path_begins_at_the_gateway() -> None:
    path = [(span.kind, span.owner, span.length) for span in critical_path(GOOD, judged_until(GOOD))]
    assert path[:10] == [
        (SpanKind.ANSWER, "order", 500),
        (SpanKind.HANDLING, "order", 250),
        (SpanKind.ANSWER, "cart", 250),
        (SpanKind.HANDLING, "cart", 250),
        (SpanKind.ANSWER, "cart", 250),
        (SpanKind.HANDLING, "order", 125),
        (SpanKind.ANSWER, "product", 125),
        (SpanKind.HANDLING, "product", 1500),
        (SpanKind.ANSWER, "product", 250),
        (SpanKind.HANDLING, "order", 600),
    ]


def test_a_flow_that_ends_with_an_answer() -> None:
    late = asked("gateway", "order", "/api/orders/{order_id}/cancel", 90, 100, request_id="request-2")
    flow = flow_of(ORDER, [*purchase_over_http(), report("gateway", late, offset=8)])
    assert flow.ended_at == START + 100_000
    *_, working, answer = critical_path(flow)
    assert (working.kind, answer.kind, answer.length) == (SpanKind.WORKING, SpanKind.ANSWER, 10_000)


@pytest.mark.parametrize(("status", "words"), [(0, "no answer"), (502, "502")])
def test_a_request_without_an_answer_is_found_but_breaks_nothing(status: int, words: str) -> None:
    failed = asked("order", "product", RESERVE, 1, 3, status=status, request_id="before")
    found = findings_of(flow_of(ORDER, [*purchase_over_http(), report("order", failed, offset=8)]), LATER)
    assert [(each.kind, each.what) for each in found] == [
        (Kind.NOT_ANSWERED, f"order asked product for POST /reservations: {words}")
    ]
    assert not is_broken(found)


@pytest.mark.parametrize(
    ("path", "end"),
    [
        ("/api/orders", "/orders"),
        ("/api/orders/{order_id}/cancel", "…/cancel"),
        ("/internal/reservations/{order_id}", "/reservations"),
        ("/internal/checkouts/{order_id}/attempts/{attempt_id}", "…/attempts"),
        ("/{id}", "/"),
        ("", "/"),
    ],
)
def test_the_end_of_a_path_tells_it_from_others(path: str, end: str) -> None:
    (request,) = flow_of(ORDER, [report("gateway", asked("gateway", "order", path, 0, 1))]).requests
    assert request.end_of_path == end


def test_a_refusal_is_an_answer() -> None:
    refused = asked("gateway", "order", PLACE, 1, 3, status=409, request_id="before")
    assert findings_of(flow_of(ORDER, [*purchase_over_http(), report("gateway", refused, offset=8)]), LATER) == ()


def test_requests_are_counted_and_compared() -> None:
    (placing,) = [each for each in statistics_of([GOOD, GOOD]) if each.topic == "POST /orders"]
    assert (placing.group, placing.hops, placing.p50, placing.longest) == ("order", 2, 7.0, 7.0)
    assert placing.shares == {SpanKind.ANSWER: 0.1429, SpanKind.HANDLING: 0.8571}
    assert ("POST /orders at order", 7.0, None) in difference(GOOD, flow_of(ORDER, purchase()))


def test_requests_are_kept_in_the_file_of_flows_that_have_no_room_in_memory() -> None:
    store = FlowStore(most_bytes=20_000, spill=Spill())
    for order in range(5):
        for record in purchase_over_http():
            text = (record.value or b"").replace(ORDER.encode(), b"flow-%d" % order)
            headers = tuple(
                (name, b"flow-%d" % order if name == "ce_correlationid" else value) for name, value in record.headers
            )
            store.add_all([replace(record, value=text, headers=headers)])
    assert store.counts.spilled
    assert {len(flow.requests) for flow in store.flows()} == {3}


@settings(max_examples=20, deadline=None)
@given(records(), st.integers(-5_000, 300_000), st.integers(0, 300_000), st.randoms(use_true_random=False))
def test_any_requests_in_any_order_make_a_flow_whose_time_adds_up(
    own: list[TracedRecord], since: int, length: int, chance: random.Random
) -> None:
    flow = flow_of(ORDER, own)
    shuffled = chance.sample([*own, *own[:3]], len(own) + len(own[:3]))
    assert flow_of(ORDER, shuffled) == flow
    store = FlowStore()
    store.add_all(shuffled)
    assert store.flow(ORDER) in (None, flow)
    for request in flow.requests:
        assert _adds_up(spans_of_request(request), request.started_at, request.answered_at)
    start, end = START + since, START + since + length
    spans = innermost(flow.requests, start, end, "order")
    assert _adds_up(spans, start, end)
    for span in spans:
        middle = (span.start + span.end) / 2
        under_way = [each for each in flow.requests if each.started_at < middle < each.answered_at]
        assert (span.kind is SpanKind.WORKING) == (not under_way)
        assert span.owner == (under_way[-1].callee if under_way else "order")
    told = messages_of(flow)
    assert [each.index for each in told if each.event is not None] == list(range(len(flow.events)))
    for request in flow.requests:
        assert [each.answered for each in told if each.request is request] == [False, True]


def _adds_up(spans: Sequence[Span], start: int, end: int) -> bool:
    """Whether spans cover the time from `start` to `end` without a gap."""
    moments = [start, *(moment for span in spans for moment in (span.start, span.end)), end]
    return all(before == after for before, after in zip(moments[::2], moments[1::2], strict=True))
