"""Records of one purchase, written out as they lie in Kafka."""

from __future__ import annotations

import msgspec

from services_stub.contracts.events import Hop, HopOutcome, HopsReported
from simulator.trace.records import TracedRecord

ORDER = "6f1c1d5e-3f0a-5b8e-9a55-000000000004"
START = 1_795_437_045_000_000
"""2026-11-23T12:30:45Z in microseconds."""


def record(
    topic: str,
    offset: int,
    *,
    event_id: str,
    after_ms: float,
    source: str = "order",
    causation: str = "",
    correlation: str = ORDER,
    partition: int = 4,
) -> TracedRecord:
    microseconds = round(after_ms * 1000)
    headers = {
        "ce_specversion": "1.0",
        "ce_id": event_id,
        "ce_type": f"marketplace.{topic}.v1",
        "ce_source": f"/services/{source}",
        "ce_time": f"2026-11-23T12:30:45.{microseconds:06d}Z",
        "ce_subject": ORDER,
        "ce_correlationid": correlation,
        "ce_causationid": causation,
    }
    return TracedRecord(
        topic=topic,
        partition=partition,
        offset=offset,
        written_at=START + microseconds,
        headers=tuple((name, value.encode()) for name, value in headers.items()),
        value=b"{}",
    )


def hops(group: str, *hops: Hop, offset: int = 0) -> TracedRecord:
    report = HopsReported(group=group, instance=f"{group}-1", hops=list(hops))
    return TracedRecord("trace-hops", 0, offset, START, (), msgspec.json.encode(report))


def hop(
    consumed: TracedRecord, after_ms: float, outcome: HopOutcome = HopOutcome.HANDLED, correlation: str = ORDER
) -> Hop:
    at = START + round(after_ms * 1000)
    return Hop(
        event_id=dict(consumed.headers)["ce_id"].decode(),  # type: ignore[union-attr] # always there
        correlation_id=correlation,
        topic=consumed.topic,
        partition=consumed.partition,
        offset=consumed.offset,
        polled_at=at - 200,
        handled_at=at - 100,
        committed_at=at,
        outcome=outcome,
    )


CREATED = record("order-created", 0, event_id="e1", after_ms=4.1, causation="request-1")
CHARGED = record("payment-success", 7, event_id="e2", after_ms=18.25, source="payment", causation="e1")
PAID = record("order-updated", 3, event_id="e3", after_ms=31.5, causation="e2")
TOLD = record(
    "notification-sent", 12345, event_id="e4", after_ms=17, source="notification", causation="e1", partition=5
)
OTHER = record("order-created", 1, event_id="x1", after_ms=5, correlation="another order")

HOPS = [
    hops("payment", hop(CREATED, 16.4), hop(OTHER, 16.4, correlation="another order")),
    hops("notification", hop(CREATED, 16.9), offset=1),
    hops("order", hop(CHARGED, 30.9), offset=2),
    hops("notification", hop(PAID, 44, HopOutcome.DUPLICATE), offset=3),
    hops("product", hop(PAID, 43), offset=4),
    hops("cart", hop(PAID, 43.2, HopOutcome.REJECTED), offset=5),
]
PURCHASE = [PAID, *HOPS, OTHER, TOLD, CREATED, CHARGED]
"""As a reader of many topics meets them: in no order."""
