"""The runtime's pure decisions: pauses, what is poison, what a body's error names."""

from __future__ import annotations

import random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services_stub.contracts.events import OrderCreated
from services_stub.contracts.http.product import CreateProduct
from services_stub.runtime.dead_letters import dead_letter
from services_stub.runtime.decoding import EventDecoder, Poisoned
from services_stub.runtime.http import invalid_body
from services_stub.runtime.kafka.configuration import UnsafeConfiguration, base
from services_stub.runtime.kafka.records import Record
from services_stub.runtime.retry import pause_after
from services_stub.runtime.sql.transaction import Received
from tests.unit.runtime.sample_service import order_created, record_of


@given(st.integers(1, 10_000), st.randoms())
def test_pauses_grow_and_are_bounded(attempt: int, chance: random.Random) -> None:
    pause = pause_after(attempt, chance, first=0.1, longest=10)
    assert min(0.1 * 2 ** min(attempt - 1, 30), 10) / 2 <= pause <= 10


def without(record: Record, header: str) -> Record:
    return msgspec.structs.replace(record, headers=[pair for pair in record.headers if pair[0] != header])


GOOD = record_of(order_created("a"))


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (msgspec.structs.replace(GOOD, value=None), "truncated"),
        (msgspec.structs.replace(GOOD, value=b"{"), "truncated"),
        (msgspec.structs.replace(GOOD, value=b"\xff\xfe"), "malformed"),
        (msgspec.structs.replace(GOOD, value=b"[]"), "Expected `object`"),
        (msgspec.structs.replace(GOOD, value=b"{}"), "missing required field `orderId`"),
        (msgspec.structs.replace(GOOD, value=(GOOD.value or b"").replace(b"1.00", b"1e999")), "amount"),
        (msgspec.structs.replace(GOOD, value=(GOOD.value or b"").replace(b"1.00", b'"NaN"')), "amount"),
        (msgspec.structs.replace(GOOD, value=(GOOD.value or b"").replace(b"1.00", b"-1")), "amount"),
        (without(GOOD, "ce_id"), "ce_id"),
        (without(GOOD, "ce_type"), "ce_type"),
        (without(GOOD, "ce_specversion"), "ce_specversion"),
        (msgspec.structs.replace(GOOD, headers=[]), "ce_specversion"),
        (msgspec.structs.replace(GOOD, headers=[*GOOD.headers, ("ce_id", b"\xff")]), "not UTF-8"),
        (msgspec.structs.replace(GOOD, headers=[*GOOD.headers, ("ce_id", b"x" * 201)]), "200 characters"),
        (msgspec.structs.replace(GOOD, headers=[*GOOD.headers, ("ce_type", b"marketplace.order-created.v2")]), "v2"),
    ],
)
def test_what_cannot_be_read_is_poison_with_a_reason(record: Record, reason: str) -> None:
    decoded = EventDecoder([OrderCreated]).decode(record)
    assert isinstance(decoded, Poisoned)
    assert reason in decoded.reason


def test_a_good_record_is_read() -> None:
    decoded = EventDecoder([OrderCreated]).decode(GOOD)
    assert isinstance(decoded, Received)
    assert decoded.event == order_created("a")


def test_a_dead_letter_is_the_record_as_it_came_and_who_gave_it_up() -> None:
    record = Record("order-created", 3, 17, b"\xff", b"\x00", [("a", b"1"), ("empty", None)], 0)
    row = dead_letter(record, group="payment", reason="because", attempt=2)
    assert (row.topic, row.key, row.value) == ("order-created.dlq", b"\xff", b"\x00")
    assert row.headers == [
        ("a", b"1"),
        ("empty", b""),
        ("dlq_group", b"payment"),
        ("dlq_error", b"because"),
        ("dlq_attempt", b"2"),
        ("dlq_topic", b"order-created"),
        ("dlq_partition", b"3"),
        ("dlq_offset", b"17"),
    ]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b'{"name":"a","category":"b","price":-1,"quantity":1}', "price"),
        (b'{"name":"a","category":"b","price":1,"quantity":-1}', "quantity"),
        (b'{"name":"a","category":"b","price":1,"quantity":1,"x":1}', "x"),
        (b'{"name":"a","category":"b","price":1}', "quantity"),
        (b'{"name":1,"category":"b","price":1,"quantity":1}', "name"),
        (b'{"name":"\\u0000","category":"b","price":1,"quantity":1}', "name"),
        (b"nonsense", "body"),
        (b"[]", "body"),
        (b'{"name":"\xff","category":"b","price":1,"quantity":1}', "body"),
    ],
)
def test_the_refusal_of_a_body_names_the_field(body: bytes, field: str) -> None:
    with pytest.raises((msgspec.MsgspecError, UnicodeDecodeError)) as raised:
        msgspec.json.decode(body, type=CreateProduct)
    assert invalid_body(str(raised.value)).problem.errors[0].field == field


def test_dangerous_kafka_properties_are_refused() -> None:
    with pytest.raises(UnsafeConfiguration, match=r"enable\.auto\.commit"):
        base("localhost:1", {"enable.auto.commit": "true"})
