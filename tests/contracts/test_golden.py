"""The code reads the published records and writes the same bytes; no published field is taken back."""

from __future__ import annotations

import msgspec
import pytest

from services_stub.contracts.base import Event
from services_stub.contracts.encoding import encode_json
from services_stub.contracts.envelope import Envelope
from services_stub.contracts.events import EVENTS, HopsReported
from tests.contracts.samples import GOLDEN, HOPS, SAMPLES, envelope_of, golden

ALL = (*SAMPLES, HOPS)
PROMISED = {
    "user-created": {"userId", "email", "role"},
    "seller-blocked": {"sellerId", "reason"},
    "seller-unblocked": {"sellerId", "reason"},
    "refresh-token-reused": {"userId"},
    "password-changed": {"userId"},
    "product-created": {"productId", "sellerId", "name", "category", "price", "quantity", "status", "version"},
    "product-updated": {"productId", "sellerId", "name", "category", "price", "quantity", "status", "version"},
    "product-deleted": {"productId", "sellerId", "version"},
    "product-viewed": {"productId", "sellerId", "category", "weight"},
    "cart-changed": {"productId", "action", "quantity", "weight"},
    "order-created": {"orderId", "userId", "items", "status", "amount", "currency", "paymentMethod"},
    "order-updated": {"orderId", "userId", "status", "previousStatus", "reason", "amount", "items"},
    "payment-success": {"orderId", "paymentId", "amount"},
    "payment-failed": {"orderId", "reason"},
    "payment-refunded": {"orderId", "paymentId", "amount", "reason"},
    "notification-sent": {"notificationId", "userId", "channel", "template", "about"},
    "stock-low": {"sellerId", "productId", "name", "quantity", "threshold", "soldOut"},
    "dead-letter-closed": {"deadLetterId", "act", "group", "eventId", "userId", "reason"},
    "trace-hops": {"group", "instance", "hops"},
}
"""The fields of version 1 of each event. Fields are added beside these; none of these goes away or becomes optional."""


def _name(event: Event) -> str:
    return event.schema_name()


def test_every_event_and_version_has_a_sample() -> None:
    assert [type(event) for event in ALL] == [*EVENTS, HopsReported]
    assert {path.stem for path in GOLDEN.glob("*.json")} == {event.schema_name() for event in ALL}


@pytest.mark.parametrize("event", ALL, ids=_name)
def test_a_sample_is_read_as_the_event_it_is(event: Event) -> None:
    sample = golden(type(event))
    assert msgspec.json.decode(sample.wire_value(), type=type(event)) == event
    assert sample.key == event.subject


@pytest.mark.parametrize("event", ALL, ids=_name)
def test_an_event_is_written_as_its_sample_to_the_byte(event: Event) -> None:
    assert encode_json(event) == golden(type(event)).wire_value()


@pytest.mark.parametrize("event", SAMPLES, ids=_name)
def test_the_envelope_of_a_sample_is_read_and_written_back(event: Event) -> None:
    sample = golden(type(event))
    envelope = Envelope.from_headers(sample.wire_headers())
    assert envelope == envelope_of(event)
    assert envelope.headers() == sample.wire_headers()


@pytest.mark.parametrize("event", ALL, ids=_name)
def test_fields_that_a_later_version_adds_are_ignored(event: Event) -> None:
    members = msgspec.json.decode(golden(type(event)).wire_value(), type=dict[str, msgspec.Raw])
    later = {"addedLater": msgspec.Raw(b'{"deep":[1,null]}'), **members, "alsoLater": msgspec.Raw(b"null")}
    assert msgspec.json.decode(msgspec.json.encode(later), type=type(event)) == event


@pytest.mark.parametrize("event", ALL, ids=_name)
def test_only_the_promised_fields_are_required(event: Event) -> None:
    promised = PROMISED[event.topic]
    members = msgspec.json.decode(golden(type(event)).wire_value(), type=dict[str, msgspec.Raw])
    assert promised <= members.keys()
    least = msgspec.json.encode({name: members[name] for name in promised})
    assert msgspec.json.decode(least, type=type(event)).subject == event.subject
    required = {field.encode_name for field in msgspec.structs.fields(type(event)) if field.required}
    assert required == promised


@pytest.mark.parametrize("event", SAMPLES, ids=_name)
def test_the_schema_of_a_record_is_named_by_its_headers(event: Event) -> None:
    sample = golden(type(event))
    assert sample.headers["ce_type"] == f"marketplace.{event.topic}.v1"
    assert sample.headers["ce_dataschema"] == f"/schemas/{event.topic}.v1.json"
    assert sample.headers["ce_subject"] == sample.key
