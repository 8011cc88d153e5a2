"""Every consumer understands the golden samples of every topic that it consumes, also those of a later version."""

from __future__ import annotations

import importlib
from pathlib import Path

import msgspec
import pytest

from services_stub.contracts.base import Event
from services_stub.contracts.events import EVENTS
from services_stub.contracts.topics import dead_letter_topic
from services_stub.infra.config.services import SERVICES, module_of
from services_stub.runtime.decoding import EventDecoder
from services_stub.runtime.kafka.records import Record
from services_stub.runtime.service import Service
from services_stub.runtime.sql.transaction import Received
from tests.contracts.samples import SAMPLES, golden
from tests.databases import each_database as each_database
from tests.unit.serving import serving

SAMPLE_OF = {type(event): event for event in SAMPLES}


def _service(name: str) -> Service:
    service: Service = importlib.import_module(module_of(name)).SERVICE
    return service


CONSUMED = [(name, event) for name in SERVICES for event in _service(name).events()]
DESIGNED = {
    "product": {"seller-blocked", "seller-unblocked", "order-updated"},
    "cart": {"product-created", "product-updated", "product-deleted", "order-created", "order-updated"},
    "search": {"product-created", "product-updated", "product-deleted"},
    "seller": {
        "order-created",
        "order-updated",
        "payment-success",
        "payment-failed",
        "payment-refunded",
        "product-created",
        "product-updated",
        "product-deleted",
    },
    "analytics": {event.topic for event in EVENTS}
    - {"notification-sent", "stock-low", "dead-letter-closed", "refresh-token-reused", "password-changed"},
    "order": {"payment-success", "payment-failed", "payment-refunded", "seller-blocked"},
    "payment": {"order-created", "order-updated"},
    "notification": {
        "user-created",
        "refresh-token-reused",
        "password-changed",
        "order-created",
        "payment-success",
        "payment-failed",
        "payment-refunded",
        "order-updated",
        "seller-blocked",
        "stock-low",
    },
}


def _received(name: str, record: Record) -> Received[Event]:
    received = EventDecoder(_service(name).events()).decode(record)
    assert isinstance(received, Received), received
    return received


def _record(event: type[Event], value: bytes) -> Record:
    sample = golden(event)
    return Record(event.topic, 0, 0, sample.key.encode(), value, sample.wire_headers(), 0)


def _ids(entry: object) -> str:
    return entry if isinstance(entry, str) else str(getattr(entry, "topic", entry))


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_consumes_what_it_is_designed_to(name: str) -> None:
    assert DESIGNED.get(name, set()) <= {event.topic for event in _service(name).events()}


@pytest.mark.parametrize(("name", "event"), CONSUMED, ids=_ids)
def test_a_consumer_reads_the_sample(name: str, event: type[Event]) -> None:
    received = _received(name, _record(event, golden(event).wire_value()))
    assert received.event == SAMPLE_OF[event]
    assert received.envelope.id == golden(event).headers["ce_id"]


@pytest.mark.parametrize(("name", "event"), CONSUMED, ids=_ids)
def test_a_consumer_reads_what_a_later_version_adds(name: str, event: type[Event]) -> None:
    members = msgspec.json.decode(golden(event).wire_value(), type=dict[str, msgspec.Raw])
    later = msgspec.json.encode(members | {"addedLater": [{"deep": None}]})
    assert _received(name, _record(event, later)).event == SAMPLE_OF[event]


HANDLED = [(name, event) for name, event in CONSUMED if event in _service(name).handlers]


@pytest.mark.parametrize(("name", "event"), HANDLED, ids=_ids)
def test_a_service_takes_the_sample_as_the_first_event_that_it_ever_sees(
    name: str, event: type[Event], tmp_path: Path
) -> None:
    record = _record(event, golden(event).wire_value())
    with serving(_service(name), tmp_path, with_workers=False) as running:
        running.consume_records([record])
    assert dead_letter_topic(event.topic) not in running.sender.topics
