"""The envelope: a written one is read back, a malformed one is named as such, and traces go on."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as some

from services_stub.contracts.envelope import (
    Cause,
    Envelope,
    MalformedEnvelope,
    child_of,
    envelope_for,
    from_http,
    is_sampled,
    is_traceparent,
    new_traceparent,
    trace_id_of,
)
from tests.contracts.samples import ORDER, SAMPLES, TRACEPARENT, envelope_of

_texts = some.text(some.characters(exclude_categories=["Cs"]), max_size=60)
_given = _texts.filter(bool)
_envelopes = some.builds(
    Envelope,
    id=_given,
    type=_given,
    source=_given,
    time=_texts,
    subject=_texts,
    dataschema=_texts,
    correlation_id=_texts,
    causation_id=_texts,
    traceparent=_texts,
)


@given(_envelopes)
def test_what_is_written_is_read_back(envelope: Envelope) -> None:
    assert Envelope.from_headers(envelope.headers()) == envelope


@given(
    _envelopes,
    some.lists(
        some.tuples(_given.map("x-".__add__), some.none() | some.binary(max_size=5).map(bytes.hex).map(str.encode))
    ),
)
def test_foreign_headers_do_not_matter(envelope: Envelope, foreign: list[tuple[str, bytes | None]]) -> None:
    assert Envelope.from_headers([*foreign, *envelope.headers()]) == envelope


@pytest.mark.parametrize("name", ["ce_id", "ce_type", "ce_source"])
@pytest.mark.parametrize("value", [None, b""])
def test_a_missing_attribute_is_named(name: str, value: bytes | None) -> None:
    headers = [(key, value if key == name else text) for key, text in envelope_of(SAMPLES[0]).headers()]
    with pytest.raises(MalformedEnvelope, match=name):
        Envelope.from_headers(headers)


@pytest.mark.parametrize("version", [b"0.3", b"", b"1.0.2", None])
def test_another_version_of_the_specification_is_refused(version: bytes | None) -> None:
    headers = [(key, version if key == "ce_specversion" else text) for key, text in envelope_of(SAMPLES[0]).headers()]
    with pytest.raises(MalformedEnvelope, match="ce_specversion"):
        Envelope.from_headers(headers)


def test_a_header_that_is_not_text_is_refused() -> None:
    headers = [*envelope_of(SAMPLES[0]).headers(), ("ce_subject", b"\xff\xfe")]
    with pytest.raises(MalformedEnvelope, match="UTF-8"):
        Envelope.from_headers(headers)


@given(some.lists(some.tuples(some.text(max_size=20), some.none() | some.binary(max_size=20))))
def test_any_headers_are_an_envelope_or_malformed(headers: list[tuple[str, bytes | None]]) -> None:
    try:
        envelope = Envelope.from_headers(headers)
    except MalformedEnvelope:
        return
    assert envelope.id
    assert envelope.type
    assert envelope.source


def _publish(cause: Cause, correlation_id: str = "") -> Envelope:
    return envelope_for(
        SAMPLES[6], event_id="e1", source="order", now=datetime.now(UTC), cause=cause, correlation_id=correlation_id
    )


def test_the_flow_is_the_given_one_else_the_causes_else_a_new_one() -> None:
    assert _publish(Cause("flow-1", "r1", ""), correlation_id="flow-2").correlation_id == "flow-2"
    assert _publish(Cause("flow-1", "r1", "")).correlation_id == "flow-1"
    assert _publish(Cause("", "r1", "")).correlation_id == "e1"


def test_an_event_is_the_cause_of_what_its_consumer_does() -> None:
    first = _publish(Cause("", "request-1", TRACEPARENT), correlation_id=ORDER)
    second = envelope_for(SAMPLES[8], event_id="e2", source="payment", now=datetime.now(UTC), cause=first.cause())
    assert (second.causation_id, second.correlation_id) == ("e1", ORDER)
    assert trace_id_of(second.traceparent) == trace_id_of(TRACEPARENT)
    assert len({TRACEPARENT, first.traceparent, second.traceparent}) == 3


def test_times_are_rfc_3339_in_utc() -> None:
    now = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    envelope = envelope_for(SAMPLES[0], event_id="e", source="auth", now=now, cause=Cause("", "", ""))
    assert envelope.time == "2026-01-02T03:04:05.000000Z"


@given(some.booleans())
def test_a_new_trace_is_valid_and_says_whether_it_is_sampled(sampled: bool) -> None:
    traceparent = new_traceparent(sampled=sampled)
    assert is_traceparent(traceparent)
    assert is_sampled(traceparent) is sampled


@given(some.booleans())
def test_a_child_stays_in_its_trace_with_a_span_of_its_own(sampled: bool) -> None:
    parent = new_traceparent(sampled=sampled)
    child = child_of(parent)
    assert is_traceparent(child)
    assert trace_id_of(child) == trace_id_of(parent)
    assert child[36:52] != parent[36:52]
    assert is_sampled(child) is sampled


@pytest.mark.parametrize(
    "value",
    [
        "",
        "garbage",
        TRACEPARENT.upper(),
        TRACEPARENT[:-1],
        TRACEPARENT + "-extra",
        "01" + TRACEPARENT[2:],
        "00-" + "0" * 32 + TRACEPARENT[35:],
        TRACEPARENT[:36] + "0" * 16 + "-01",
        TRACEPARENT.replace("-", "_"),
        TRACEPARENT[:-1] + "é",
        TRACEPARENT[:-2] + "٣٣",
    ],
)
def test_what_is_no_trace_context_starts_a_new_unsampled_trace(value: str) -> None:
    assert not is_traceparent(value)
    assert trace_id_of(value) == ""
    child = child_of(value)
    assert is_traceparent(child)
    assert not is_sampled(child)


@given(some.text(max_size=60))
def test_any_text_can_be_asked_whether_it_is_a_trace_context(value: str) -> None:
    assert is_traceparent(child_of(value))
    assert is_sampled(value) in (True, False)


def test_a_request_is_a_cause() -> None:
    headers = {"x-request-id": "r7", "x-correlation-id": "f7", "traceparent": TRACEPARENT}
    assert from_http(headers, request_id="own") == Cause("f7", "r7", TRACEPARENT)
    assert from_http({}, request_id="own") == Cause("", "own", "")
