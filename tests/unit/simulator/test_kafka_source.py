"""The trace reads on past records that only other clients can write."""

from __future__ import annotations

import pytest

from services_stub.contracts.times import from_microseconds, rfc3339
from simulator.trace.events import microseconds
from simulator.trace.flow import flow_of
from simulator.trace.kafka_source import KafkaSource
from simulator.trace.records import TracedRecord
from simulator.trace.spill import encoded
from tests.raw_kafka import RawProducer, broker_in_thread
from tests.unit.simulator.records import ORDER, hop, hops, record

TOPIC = "order-created"
_MANY = 100
"""So many that the interpreter has specialised its calls, which then check less."""


def test_a_record_whose_headers_cannot_be_read_comes_without_them() -> None:
    broker, address = broker_in_thread(TOPIC)
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
        found.extend(source.follow(quiet=0.1, deadline=20, enough=lambda: len(found) == _MANY + 5))
    assert [entry.offset for entry in found] == [*range(_MANY + 5)]
    assert [entry.offset for entry in found if not entry.headers] == [0, _MANY + 2, _MANY + 3]
    assert len(flow_of(ORDER, found).events) == _MANY + 2
    broker.close()


class Message:
    """A record of the client library, of a time that its producer made up."""

    def __init__(self, milliseconds: int) -> None:
        self._milliseconds = milliseconds

    def error(self) -> None:
        return None

    def topic(self) -> str:
        return TOPIC

    def partition(self) -> int:
        return 0

    offset = partition

    def value(self) -> bytes:
        return b"{}"

    key = value

    def headers(self) -> list[tuple[str, bytes]]:
        return []

    def timestamp(self) -> tuple[int, int]:
        return 1, self._milliseconds


@pytest.mark.parametrize("milliseconds", [-1, -(2**63), 0, 2**63 - 1])
def test_a_record_of_any_time_can_be_recorded_and_its_time_be_written(milliseconds: int) -> None:
    source = KafkaSource.__new__(KafkaSource)
    source._not_before = 0
    found = source._record(Message(milliseconds))
    assert found is not None
    assert encoded(found)
    assert rfc3339(from_microseconds(found.written_at))


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59.999999-23:59"])
def test_a_time_beyond_the_calendar_is_none(time: str) -> None:
    assert microseconds(time) is None


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
