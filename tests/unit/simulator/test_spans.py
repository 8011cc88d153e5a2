"""The time of a flow in spans: they add up, whatever the clocks and the records say."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings

from services_stub.contracts.events import HopOutcome
from simulator.trace import Flow, SpanKind, critical_path, flow_of, hops_of
from tests.unit.simulator.flows import flows
from tests.unit.simulator.records import CREATED, ORDER, PURCHASE, START, TOLD, hop, hops, record


def test_a_hop_in_its_spans() -> None:
    flow = flow_of(ORDER, PURCHASE, started_at=START)
    (payment, notification) = hops_of(flow)[0]
    assert (payment.group, payment.outcome, payment.attempts) == ("payment", HopOutcome.HANDLED, 1)
    # Published at 4.1 ms, polled at 16.2, handled at 16.3, committed at 16.4. No time lies between the two clocks here.
    assert [(span.kind, span.length) for span in payment.spans] == [
        (SpanKind.TOPIC, 12_100),
        (SpanKind.HANDLING, 100),
        (SpanKind.WRITER, 100),
    ]
    # The notification that it published tells when its transaction began: at 17 ms, and so not within the hop.
    assert [span.kind for span in notification.spans] == [SpanKind.TOPIC, SpanKind.HANDLING, SpanKind.WRITER]


def test_the_time_of_an_effect_within_the_hop_tells_when_the_transaction_began() -> None:
    told = record("notification-sent", 1, event_id="e9", after_ms=16.75, source="notification", causation="e1")
    (hop_of_notification,) = hops_of(flow_of(ORDER, [CREATED, told, hops("notification", hop(CREATED, 16.9))]))[0]
    assert [(span.kind, span.length) for span in hop_of_notification.spans] == [
        (SpanKind.TOPIC, 12_600),
        (SpanKind.WRITER, 50),
        (SpanKind.HANDLING, 50),
        (SpanKind.WRITER, 100),
    ]


def test_a_retried_event_waits_for_its_last_attempt() -> None:
    tried = [hops("payment", hop(CREATED, after, HopOutcome.RETRIED), offset=int(after)) for after in (10, 20)]
    ((retried,),) = hops_of(flow_of(ORDER, [CREATED, *tried, hops("payment", hop(CREATED, 30))]))
    assert (retried.attempts, retried.outcome) == (3, HopOutcome.HANDLED)
    assert retried.took(SpanKind.RETRY) == 20_000
    assert retried.took() == retried.end - retried.start


def test_a_later_delivery_does_not_make_the_hop_longer() -> None:
    reports = [
        hops("payment", hop(CREATED, 10)),
        hops("payment", hop(CREATED, 500, HopOutcome.DUPLICATE), offset=1),
    ]
    ((handled,),) = hops_of(flow_of(ORDER, [CREATED, *reports]))
    assert handled.end == START + 10_000


def test_the_critical_path_of_a_purchase() -> None:
    flow = flow_of(ORDER, PURCHASE, started_at=START)
    path = [(span.kind, span.owner, span.length) for span in critical_path(flow)]
    assert path == [
        (SpanKind.WORKING, "order", 4_100),
        (SpanKind.TOPIC, "order-created", 12_100),
        (SpanKind.HANDLING, "payment", 100),
        (SpanKind.WRITER, "payment", 100),
        (SpanKind.WORKING, "payment", 1_850),
        (SpanKind.TOPIC, "payment-success", 12_450),
        (SpanKind.HANDLING, "order", 100),
        (SpanKind.WRITER, "order", 100),
        (SpanKind.WORKING, "order", 600),
        (SpanKind.TOPIC, "order-updated", 12_300),
        (SpanKind.HANDLING, "notification", 100),
        (SpanKind.WRITER, "notification", 100),
    ]


def test_an_event_alone_is_a_path() -> None:
    assert critical_path(flow_of(ORDER, [TOLD])) == ()
    assert critical_path(Flow("none", 0, ())) == ()


@settings(max_examples=40, deadline=None)
@given(flows())
def test_the_spans_add_up_and_leave_no_gap(flow: Flow) -> None:
    for each in (timed for own in hops_of(flow) for timed in own):
        assert each.took() == each.end - each.start
        assert all(span.length > 0 for span in each.spans)
        assert all(before.end == after.start for before, after in pairwise(each.spans))
    path = critical_path(flow)
    assert sum(span.length for span in path) == flow.ended_at - flow.started_at
    assert all(before.end == after.start for before, after in pairwise(path))
    assert not path or (path[0].start, path[-1].end) == (flow.started_at, flow.ended_at)
