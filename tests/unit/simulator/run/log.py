"""Records of orders as a run reads them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from services_stub.contracts.times import rfc3339, to_microseconds
from simulator.history import Operation
from simulator.measure.outcomes import Outcome
from simulator.trace import TracedRecord

START = datetime(2026, 1, 31, 12, tzinfo=UTC)
STARTED_AT = to_microseconds(START)
MS = 1000


def at(milliseconds: int) -> int:
    """A time after the start, in microseconds of Unix time."""
    return STARTED_AT + milliseconds * MS


def record(topic: str, order: str, milliseconds: int, value: Any, *, cause: str = "", offset: int = 0) -> TracedRecord:
    """A record of the flow of an order, keyed by it."""
    time = rfc3339(START + timedelta(milliseconds=milliseconds))
    headers = {"ce_time": time, "ce_correlationid": order, "ce_causationid": cause}
    return TracedRecord(
        topic,
        0,
        offset,
        at(milliseconds),
        tuple((name, text.encode()) for name, text in headers.items()),
        msgspec.json.encode(value),
        order.encode(),
    )


def created(order: str, milliseconds: int, *, cause: str = "request") -> TracedRecord:
    return record("order-created", order, milliseconds, {"userId": "ann"}, cause=cause)


def charged(order: str, milliseconds: int) -> TracedRecord:
    return record("payment-success", order, milliseconds, {})


def declined(order: str, milliseconds: int) -> TracedRecord:
    return record("payment-failed", order, milliseconds, {})


def updated(order: str, milliseconds: int, status: str) -> TracedRecord:
    return record("order-updated", order, milliseconds, {"status": status})


def told(order: str, milliseconds: int, *, template: str = "payment-received", user: str = "ann") -> TracedRecord:
    return record("notification-sent", order, milliseconds, {"userId": user, "template": template, "about": order})


def checkout(
    order: str = "", *, planned: int = 0, sent: int = 1, done: int = 20, outcome: Outcome = Outcome.OK
) -> Operation:
    return Operation(
        session=1,
        step=2,
        operation="place-order",
        planned_at=at(planned),
        sent_at=at(sent),
        done_at=at(done),
        outcome=outcome,
        status=201 if order else 0,
        user_id="ann",
        role="shopper",
        idempotency_key="run-1",
        order_id=order,
        request_id="request",
    )
