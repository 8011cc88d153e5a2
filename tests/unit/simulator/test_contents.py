"""The values of events: statuses, money, and a few words on each."""

from __future__ import annotations

from decimal import Decimal

from msgspec.structs import replace

from simulator.trace import TracedRecord, books_of, flow_of, status_of, steps_of
from simulator.trace.begin import END, Begin, begin_of
from tests.unit.simulator.purchase import CHARGED, PAID, purchase
from tests.unit.simulator.records import CREATED, ORDER


def test_the_status_of_the_order_stands_beside_its_events() -> None:
    steps = [(step.event.topic, step.status, step.words) for step in steps_of(flow_of(ORDER, purchase()))]
    assert steps == [
        ("product-updated", "", "Stoneware bowl: 8 left at 18.50 USD"),
        ("order-created", "PENDING", "37.00 USD, 1 line, pm_card_visa"),
        ("notification-sent", "PENDING", "order-placed by email"),
        ("payment-success", "PENDING", "charged 37.00 USD"),
        ("order-updated", "PAID", "PENDING → PAID (paid)"),
        ("notification-sent", "PAID", "receipt by email"),
        ("notification-sent", "PAID", "to-ship by email"),
    ]


def test_the_books_of_an_order() -> None:
    books = books_of(flow_of(ORDER, [*purchase(), replace(CHARGED, offset=99)]))
    assert (books.charged, books.refunded, books.sold) == (Decimal("37.00"), Decimal("0.00"), Decimal("37.00"))
    assert books.balance
    assert not books_of(flow_of(ORDER, [PAID])).balance


def test_an_event_of_a_foreign_topic_has_its_own_status() -> None:
    foreign = replace(CREATED, topic="invoice-sent", value=b'{"status": "SENT", "total": 1}')
    assert status_of(flow_of(ORDER, [foreign])) == "SENT"


def test_values_that_cannot_be_read_say_nothing() -> None:
    odd: list[bytes | None] = [None, b"", b"{", b"[" * 100_000, b"\xff", b'{"amount": 1e999999999}', b'{"status": 3}']
    records = [
        TracedRecord(topic, 0, number, 1, CREATED.headers, value)
        for topic in ("order-created", "payment-success", "foreign")
        for number, value in enumerate(odd)
    ]
    flow = flow_of(ORDER, records)
    assert len(flow.events) == len(records)
    assert {(step.status, step.words) for step in steps_of(flow)} == {("", "")}


def test_where_to_begin_is_written_as_people_do() -> None:
    from datetime import UTC, datetime

    import pytest

    now = datetime(2026, 1, 31, 12, tzinfo=UTC)
    noon = 1_769_860_800_000_000
    assert begin_of("beginning", now) == Begin()
    assert begin_of("end", now) == END
    assert begin_of("17", now) == Begin(offset=17)
    assert begin_of("10m", now) == Begin(at=noon - 600_000_000)
    assert begin_of("2026-01-31T12:00:00Z", now) == begin_of("2026-01-31T12:00", now) == Begin(at=noon)
    for nonsense in ("", "-1", "yesterday", "10y", "9" * 30, "999999999d"):
        with pytest.raises(ValueError, match="no place to begin"):
            begin_of(nonsense, now)
