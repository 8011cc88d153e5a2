"""Poison: whatever one record holds, decoding it raises nothing, and its dead letter is never too large to be sent."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, cast

import msgspec
import pytest

from services_stub.contracts.base import Event
from services_stub.contracts.encoding import encode_json
from services_stub.contracts.envelope import LONGEST_ATTRIBUTE, Envelope, from_http
from services_stub.contracts.events import OrderCreated
from services_stub.contracts.events.trace import HopOutcome
from services_stub.runtime.consumer import Consumer
from services_stub.runtime.dead_letters import LARGEST_VALUE, LONGEST_REASON, dead_letter
from services_stub.runtime.decoding import EventDecoder, Poisoned
from services_stub.runtime.hops import HopReporter
from services_stub.runtime.in_sink import InSink
from services_stub.runtime.kafka.producer import Publisher
from services_stub.runtime.kafka.record_source import RecordSource
from services_stub.runtime.kafka.records import Record
from services_stub.runtime.sql.transaction import Received
from tests.unit.runtime.sample_service import order_created, record_of
from tests.unit.runtime.test_consumer import Dead, Hops, Source

GOOD = record_of(order_created("a"))
_VALUE = encode_json(order_created("a"))
_MOST = 960_000
"""Below the 1,000,000 bytes of librdkafka's message.max.bytes."""


def with_value(value: bytes | None) -> Record:
    return msgspec.structs.replace(GOOD, value=value)


def with_field(text: bytes) -> Record:
    return with_value(_VALUE[:-1] + b"," + text + b"}")


def with_header(name: str, value: bytes | None) -> Record:
    return msgspec.structs.replace(GOOD, headers=[*GOOD.headers, (name, value)])


def with_amount(number: bytes) -> Record:
    return with_value(_VALUE.replace(b'"amount":1.00', b'"amount":' + number))


POISON: dict[str, tuple[Record, str]] = {
    "nested in an unknown field": (with_field(b'"unknown":' + b"[" * 1100 + b"]" * 1100), "recursion"),
    "nested very deep": (with_value(b"[" * 500_000), ""),
    "a header value that is not UTF-8": (with_header("x-other", b"\xff\xfe"), "x-other"),
    "a value that is not UTF-8": (with_value(_VALUE.replace(b'"user"', b'"us\xff"')), "utf-8"),
    "an unknown text that is not UTF-8": (with_field(b'"unknown":"\xff"'), "utf-8"),
    "a lone surrogate": (with_value(_VALUE.replace(b'"user"', b'"\\ud800"')), ""),
    "no value": (with_value(None), "truncated"),
    "an empty value": (with_value(b""), "truncated"),
    "no headers": (msgspec.structs.replace(GOOD, headers=[]), "ce_specversion"),
    "another type": (with_header("ce_type", b"x" * 100_000), "ce_type"),
    "another version": (with_header("ce_specversion", b"x" * 100_000), "ce_specversion"),
    "an id with U+0000": (with_header("ce_id", b"a\0b"), "U+0000"),
    "a huge integer": (with_amount(b"9" * 5000), ""),
    "a huge exponent": (with_amount(b"1e999999999999999999"), ""),
    "not a number": (with_amount(b"NaN"), ""),
    "headers that cannot be read": (msgspec.structs.replace(GOOD, headers=[], fault="a header name"), "a header name"),
}


@pytest.mark.parametrize("kind", POISON)
def test_a_record_that_cannot_be_read_is_poison_with_a_reason(kind: str) -> None:
    record, reason = POISON[kind]
    found = EventDecoder([OrderCreated]).decode(record)
    assert isinstance(found, Poisoned)
    assert reason in found.reason
    assert len(found.reason) < 2 * LONGEST_REASON


@pytest.mark.parametrize("name", ["ce_correlationid", "ce_causationid", "ce_subject", "ce_source", "ce_time", "ce_id"])
def test_a_repeated_attribute_counts_once(name: str) -> None:
    value = dict(GOOD.headers)[name]
    assert isinstance(EventDecoder([OrderCreated]).decode(with_header(name, value)), Received)


@pytest.mark.parametrize(
    "name", ["ce_correlationid", "ce_causationid", "ce_subject", "ce_source", "ce_time", "ce_dataschema", "traceparent"]
)
def test_of_a_long_attribute_only_a_bounded_part_is_kept(name: str) -> None:
    found = EventDecoder([OrderCreated]).decode(with_header(name, b"x" * 500_000))
    assert isinstance(found, Received)
    assert sum(len(value) for _, value in found.envelope.headers()) < 10 * LONGEST_ATTRIBUTE


@pytest.mark.parametrize("value", ["x" * 201, "x" * 60_000, "a b", "ü", "a\nb", ""])
def test_an_id_of_a_request_that_is_too_long_or_not_plain_counts_as_not_given(value: str) -> None:
    headers = {"x-correlation-id": value, "x-request-id": value, "traceparent": value}
    cause = from_http(headers, request_id="own")
    assert (cause.correlation_id, cause.causation_id, cause.traceparent) == ("", "own", "")


def size_of(row: Any) -> int:
    return len(row.value or b"") + len(row.key or b"") + sum(len(n.encode()) + len(v) + 10 for n, v in row.headers)


@pytest.mark.parametrize(
    "record",
    [
        with_value(b"x" * 999_760),
        with_value(b"x" * 1_040_000),
        msgspec.structs.replace(GOOD, key=b"k" * 999_000),
        with_header("x-large", b"x" * 999_000),
        with_header("n" * 999_000, b"x"),
        msgspec.structs.replace(GOOD, headers=[(f"x-{n}", b"") for n in range(90_000)]),
        msgspec.structs.replace(
            GOOD, value=b"x" * 2_000_000, key=b"k" * 2_000_000, headers=[("ü" * 90, b"y" * 5_000)] * 400
        ),
    ],
)
def test_a_dead_letter_is_never_too_large(record: Record) -> None:
    row = dead_letter(record, group="g", reason="\ud800ü" * 500_000, attempt=1)
    assert size_of(row) < _MOST
    about = dict(row.headers)
    assert about["dlq_group"] == b"g"
    assert len(about["dlq_error"].decode()) <= LONGEST_REASON


def test_a_value_that_is_cut_is_named_by_its_size_and_hash() -> None:
    value = b"x" * 999_760
    row = dead_letter(msgspec.structs.replace(GOOD, value=value), group="g", reason="r", attempt=1)
    about = dict(row.headers)
    assert row.value == value[:LARGEST_VALUE]
    assert about["dlq_value_size"] == b"999760"
    assert about["dlq_value_sha256"].decode() == hashlib.sha256(value).hexdigest()


def test_headers_that_are_cut_or_left_out_are_named() -> None:
    headers: list[tuple[str, bytes | None]] = [("x-1", b"a"), ("x-1", b"b"), ("x-long", b"x" * 5_000), ("x-none", None)]
    row = dead_letter(msgspec.structs.replace(GOOD, headers=headers), group="g", reason="r", attempt=1)
    assert row.headers[:4] == [("x-1", b"a"), ("x-1", b"b"), ("x-long", b"x" * 4_000), ("x-none", b"")]
    assert dict(row.headers)["dlq_headers_cut"] == b"x-long (5000 bytes)"


def test_a_dead_letter_of_an_ordinary_record_is_the_record_as_it_came() -> None:
    row = dead_letter(GOOD, group="g", reason="r", attempt=1)
    assert (row.key, row.value, row.headers[: len(GOOD.headers)]) == (GOOD.key, GOOD.value, GOOD.headers)
    assert "dlq_value_size" not in dict(row.headers)


def consume_in_sink(records: list[Record], sink: Any) -> tuple[Source, Dead, Hops]:
    source, dead, hops = Source([records]), Dead(), Hops()

    def fail(error: BaseException) -> None:
        raise error

    loop = Consumer(
        "test",
        [OrderCreated],
        cast("RecordSource", source),
        InSink("test", sink, cast("Publisher", dead)),
        cast("HopReporter", hops),
        fail,
    )
    loop._stopping.set()  # the pauses between attempts end at once
    loop.step()
    return source, dead, hops


@pytest.mark.parametrize("error", [ValueError("odd"), RecursionError(), OverflowError(), RuntimeError("\ud800")])
def test_a_bug_of_a_sink_becomes_the_dead_letter_of_the_record_that_provokes_it(error: Exception) -> None:
    applied: list[str] = []

    def sink(events: Sequence[Received[OrderCreated]]) -> list[HopOutcome]:
        if any(event.event.order_id == "b" for event in events):
            raise error
        applied.extend(event.event.order_id for event in events)
        return [HopOutcome.HANDLED for _ in events]

    records = [record_of(order_created(name), offset=place) for place, name in enumerate("abc")]
    source, dead, hops = consume_in_sink(records, sink)
    assert applied == ["a", "c"]
    assert source.committed == [0, 1, 2]
    assert [topic for topic, _ in dead.sent] == ["order-created.dlq"]
    assert hops.outcomes == [HopOutcome.HANDLED, HopOutcome.DEAD_LETTER, HopOutcome.HANDLED]


def test_a_filter_that_fails_leaves_the_event_to_its_handler() -> None:
    def broken(_event: Event) -> bool:
        raise ValueError("odd")

    handled: list[str] = []

    def sink(events: Sequence[Received[Any]]) -> list[HopOutcome]:
        handled.extend(event.event.order_id for event in events)
        return [HopOutcome.HANDLED for _ in events]

    def fail(error: BaseException) -> None:
        raise error

    source = Source([[GOOD]])
    loop = Consumer(
        "test",
        [OrderCreated],
        cast("RecordSource", source),
        InSink("test", sink, cast("Publisher", Dead())),
        cast("HopReporter", Hops()),
        fail,
        broken,
    )
    loop.step()
    assert handled == ["a"]


def test_every_step_polls_the_producer_also_when_nothing_comes() -> None:
    polled: list[int] = []
    loop = Consumer(
        "test",
        [OrderCreated],
        cast("RecordSource", Source([])),
        InSink("test", lambda _events: [], cast("Publisher", Dead())),
        cast("HopReporter", Hops()),
        lambda _error: None,
        on_step=lambda: polled.append(1),
    )
    for _ in range(3):
        loop.step()
    assert len(polled) == 3


def test_an_envelope_names_the_header_that_is_not_text() -> None:
    with pytest.raises(ValueError, match="the header ce_source is not UTF-8"):
        Envelope.from_headers([*GOOD.headers, ("ce_source", b"\xff")])
