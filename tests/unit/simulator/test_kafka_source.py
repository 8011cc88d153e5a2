"""The trace reads on past records that only other clients can write."""

from __future__ import annotations

from simulator.trace.flow import flow_of
from simulator.trace.kafka_source import KafkaSource
from simulator.trace.records import TracedRecord
from tests.raw_kafka import RawProducer, broker_in_memory
from tests.unit.simulator.records import ORDER, hop, hops, record

TOPIC = "order-created"
_MANY = 100
"""So many that the interpreter has specialised its calls, which then check less."""


def test_a_record_whose_headers_cannot_be_read_is_skipped_and_counted() -> None:
    broker, address = broker_in_memory(TOPIC)
    good = record(TOPIC, 1, event_id="e1", after_ms=1)
    headers = [(name.encode(), value or b"") for name, value in good.headers]
    producer = RawProducer(address)
    for name in (b"\xff", b"plain"):
        producer.send(TOPIC, b"k", b"{}", [(name, b"1"), *headers])
    for _ in range(_MANY):
        producer.send(TOPIC, b"k", b"{}", headers)
    producer.send(TOPIC, None, None, [*headers, (b"\xff", b"1")])
    producer.send(TOPIC, None, None, [(b"\xff", b"1")])
    producer.send(TOPIC, b"k", b"{}", headers)
    producer.close()
    found: list[TracedRecord] = []
    with KafkaSource(address, [TOPIC]) as source:
        found.extend(source.follow(quiet=0.1, deadline=20, enough=lambda: source.skipped == 3))
        assert source.skipped == 3
    assert [entry.offset for entry in found] == [*range(1, _MANY + 2), _MANY + 4]
    assert len(flow_of(ORDER, found).events) == _MANY + 2
    broker.refuse_connections()


def test_hop_reports_that_no_service_would_send_are_passed_over() -> None:
    event = record(TOPIC, 1, event_id="e1", after_ms=1)
    report = hops("payment", hop(event, 2))
    odd = [
        b"[" * 100_000,
        b"\xff",
        None,
        (report.value or b"").replace(b'"committedAt":', b'"committedAt":' + b"9" * 400),
        (report.value or b"").replace(b'"polledAt":', b'"polledAt":-'),
    ]
    strange = [TracedRecord("trace-hops", 0, n, 0, (), value) for n, value in enumerate(odd)]
    flow = flow_of(ORDER, [event, report, *strange])
    assert [consumption.group for consumption in flow.events[0].consumers] == ["payment"]
    assert flow.since_start(flow.events[0].consumers[0].committed_at) >= 0
