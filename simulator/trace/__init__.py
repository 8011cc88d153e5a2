"""Follows one business flow across topics and services, from the headers of its records alone.

For programs, in three steps, without a terminal (`KafkaSource` is in `kafka_source`: it loads the Kafka client):

    store = FlowStore()                    # keeps flows by id, within a bound that `store.counts` shows
    with KafkaSource(servers, None) as source:
        for batch in source.until_end():   # or `source.step()` again and again
            store.add_all(batch)
    flow = store.flow(order_id)

In an event loop, where nothing may wait, a thread reads:

    def source() -> KafkaSource:
        return KafkaSource(servers, None, begin=Begin(at=placed_at), config=properties)

    async for flow in live_flow(source, order_id):     # anew each time that something of it came
        for event in flow.events:          # causes before effects
            event.place                    # order-created[4]@17
            event.publisher                # order
            flow.since_start(event.at)     # seconds
            event.consumers                # who handled it, with an outcome and three times
        for request in flow.requests:      # over HTTP: caller, callee, status, and the times of both
            request.name                   # POST /orders

`steps_of(flow)` has the status of the order beside each event, and its content in a few words. `hops_of(flow)` has each
event at each consumer in spans that add up, `critical_path(flow)` the spans that its end waited for, and
`findings_of(flow, store.seen())` what is wrong or slow.
"""

from simulator.trace.begin import BEGINNING, END, Begin
from simulator.trace.contents import Books, Step, books_of, status_of, steps_of
from simulator.trace.events import Consumption, DeadLetter, FlowEvent
from simulator.trace.findings import Finding, Seen, findings_of, is_broken
from simulator.trace.flow import Flow, Unseen, flow_of
from simulator.trace.kinds import BROKEN, Kind
from simulator.trace.live import live_flow, live_records
from simulator.trace.records import TracedRecord
from simulator.trace.requests import FlowRequest
from simulator.trace.spans import Span, SpanKind, TimedHop, critical_path, hops_of, spans_of_request
from simulator.trace.store import Counts, FlowStore

__all__ = [
    "BEGINNING",
    "BROKEN",
    "END",
    "Begin",
    "Books",
    "Consumption",
    "Counts",
    "DeadLetter",
    "Finding",
    "Flow",
    "FlowEvent",
    "FlowRequest",
    "FlowStore",
    "Kind",
    "Seen",
    "Span",
    "SpanKind",
    "Step",
    "TimedHop",
    "TracedRecord",
    "Unseen",
    "books_of",
    "critical_path",
    "findings_of",
    "flow_of",
    "hops_of",
    "is_broken",
    "live_flow",
    "live_records",
    "spans_of_request",
    "status_of",
    "steps_of",
]
