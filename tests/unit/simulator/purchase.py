"""A purchase as it should be: every event with its value, and every consumer's report."""

from __future__ import annotations

from decimal import Decimal

from msgspec.structs import replace

from services_stub.contracts.encoding import encode_json
from services_stub.contracts.events import (
    Event,
    NotificationSent,
    OrderCreated,
    OrderItem,
    OrderPart,
    OrderStatus,
    OrderUpdated,
    PaymentSuccess,
    ProductStatus,
    ProductUpdated,
)
from simulator.trace import TracedRecord
from simulator.trace.expected import CONSUMERS
from tests.unit.simulator.records import ORDER, START, hop, hops, record

AMOUNT = Decimal("37.00")
_ITEM = OrderItem(product_id="p1", seller_id="s1", name="Stoneware bowl", quantity=2, unit_price=Decimal("18.50"))
_PART = OrderPart(seller_id="s1", status=OrderStatus.PAID, amount=AMOUNT)
_TRACE = b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def event(content: Event, offset: int, event_id: str, after_ms: float, source: str, causation: str) -> TracedRecord:
    """A record with its value, sampled."""
    plain = record(content.topic, offset, event_id=event_id, after_ms=after_ms, source=source, causation=causation)
    return replace(
        plain,
        headers=(*plain.headers, ("traceparent", _TRACE)),
        value=encode_json(content),
        key=content.subject.encode(),
    )


def told(template: str, offset: int, event_id: str, after_ms: float, causation: str) -> TracedRecord:
    """A message."""
    content = NotificationSent(notification_id=event_id, user_id="u1", channel="email", template=template, about=ORDER)
    return event(content, offset, event_id, after_ms, "notification", causation)


RESERVED = event(
    ProductUpdated(
        product_id="p1",
        seller_id="s1",
        name="Stoneware bowl",
        category="Kitchen",
        price=Decimal("18.50"),
        quantity=8,
        status=ProductStatus.ACTIVE,
        version=2,
    ),
    5, "e0", 2, "product", "request-1",
)  # fmt: skip
CREATED = event(
    OrderCreated(
        order_id=ORDER, user_id="u1", items=[_ITEM], status=OrderStatus.PENDING, amount=AMOUNT, currency="USD",
        payment_method="pm_card_visa",
    ),
    0, "e1", 4.1, "order", "request-1",
)  # fmt: skip
CHARGED = event(PaymentSuccess(order_id=ORDER, payment_id="pay-1", amount=AMOUNT), 9, "e2", 18.25, "payment", "e1")
PAID = event(
    OrderUpdated(
        order_id=ORDER, user_id="u1", status=OrderStatus.PAID, previous_status=OrderStatus.PENDING, reason="paid",
        amount=AMOUNT, items=[_ITEM], parts=[_PART],
    ),
    22, "e3", 29.5, "order", "e2",
)  # fmt: skip
PLACED_MAIL = told("order-placed", 3, "e4", 17, "e1")
RECEIPT = told("receipt", 4, "e5", 36, "e2")
SALE = told("to-ship", 5, "e6", 44, "e3")
EVENTS = [RESERVED, CREATED, CHARGED, PAID, PLACED_MAIL, RECEIPT, SALE]


def at(moved: TracedRecord, after_ms: float) -> TracedRecord:
    """The same record at another time."""
    microseconds = round(after_ms * 1000)
    moment = f"2026-11-23T12:30:{45 + microseconds // 1_000_000}.{microseconds % 1_000_000:06d}Z".encode()
    headers = tuple((name, moment if name == "ce_time" else value) for name, value in moved.headers)
    return replace(moved, headers=headers, written_at=START + microseconds)


def dead_letter(of: TracedRecord, *, group: str, error: str, after_ms: float) -> TracedRecord:
    """The copy of a record on the topic of dead letters."""
    about = {
        "dlq_group": group,
        "dlq_error": error,
        "dlq_attempt": "3",
        "dlq_topic": of.topic,
        "dlq_partition": str(of.partition),
        "dlq_offset": str(of.offset),
    }
    headers = (*of.headers, *((name, text.encode()) for name, text in about.items()))
    return TracedRecord(f"{of.topic}.dlq", 0, 0, START + round(after_ms * 1000), headers, of.value, of.key)


def _reports() -> list[TracedRecord]:
    found: list[TracedRecord] = []
    for each in EVENTS:
        after = (each.written_at - START) / 1000 + 5
        for number, group in enumerate(sorted(CONSUMERS[each.topic])):
            report = hops(group, hop(each, after + number), offset=len(found))
            found.append(replace(report, written_at=START + round((after + number + 100) * 1000)))
    return found


REPORTS = _reports()


def purchase() -> list[TracedRecord]:
    """All records of it."""
    return [*EVENTS, *REPORTS]
