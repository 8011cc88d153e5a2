"""Every reader of every topic goes on past whatever one record holds: services, live stream, trace and auditor."""

from __future__ import annotations

from pathlib import Path

import pytest

from services_stub.contracts.encoding import encode_json
from services_stub.contracts.events import EVENT_BY_TOPIC
from services_stub.gateway.dead_letters.index import DeadLetterIndex
from services_stub.infra.config.services import SERVICES
from services_stub.runtime.dead_letters import dead_letter
from services_stub.runtime.kafka.records import Record
from simulator.auditor.audit import Auditor
from simulator.history.final import Final
from simulator.run.sagas import Sagas
from simulator.trace.document import flow_document, flow_page
from simulator.trace.events import bounded_time
from simulator.trace.findings import Seen, findings_of
from simulator.trace.flow import flow_of
from simulator.trace.otlp import otlp_document
from simulator.trace.records import TracedRecord
from simulator.trace.spill import encoded
from simulator.trace.store import FlowStore
from simulator.trace.stream import line_of, object_of
from simulator.trace.tables import row_of
from simulator.trace.topology import Topology
from tests.unit.every_service import at_work, declared
from tests.unit.hostile_records import hostile_records

pytestmark = pytest.mark.slow

CONSUMERS = [name for name in SERVICES if declared(name).events()]
NOW = 1_795_437_045_000_000
_ONE_OF = 9
"""Flows are drawn of one record of so many."""


def traced(record: Record) -> TracedRecord:
    """The record as the trace reads it."""
    at = bounded_time(record.timestamp * 1000)
    return TracedRecord(record.topic, 0, record.offset, at, tuple(record.headers), record.value, record.key)


@pytest.mark.parametrize("name", CONSUMERS)
def test_a_service_commits_each_record_and_goes_on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str) -> None:
    monkeypatch.setattr("services_stub.runtime.consumer.pause_after", lambda *_arguments: 0.0)
    service = declared(name)
    with at_work(service, tmp_path) as running:
        for event in service.events():
            running.consume_records(hostile_records(event))
        assert running.bugs == []


@pytest.mark.parametrize("topic", EVENT_BY_TOPIC)
def test_trace_and_auditor_go_on(topic: str) -> None:
    records = [traced(record) for record in hostile_records(EVENT_BY_TOPIC[topic])]
    auditor, sagas, topology, store = Auditor(), Sagas(), Topology(), FlowStore()
    for reader in (auditor.take, sagas.add_all, topology.add_all, store.add_all):
        reader(records)
    auditor.end(Final(missing=[]))
    topology.links({})
    for record in records:
        encoded(record)
        line_of(record)
        encode_json(object_of(record))
    for record in records[::_ONE_OF]:
        flow = flow_of("c", [record])
        if flow.events:
            findings = findings_of(flow, Seen(NOW))
            encode_json([flow_document(flow, findings), otlp_document(flow)])
            flow_page(flow, findings)
            row_of(flow, Seen(NOW))


@pytest.mark.parametrize("topic", EVENT_BY_TOPIC)
def test_dead_letters_are_made_and_listed(topic: str) -> None:
    index = DeadLetterIndex()
    for record in hostile_records(EVENT_BY_TOPIC[topic]):
        row = dead_letter(record, group="g", reason="\ud800", attempt=1)
        index.add(Record(row.topic, 0, record.offset, row.key, row.value, [*row.headers], record.timestamp))
    assert index.page("", "", None, "", 1).matching == len(hostile_records(EVENT_BY_TOPIC[topic]))
