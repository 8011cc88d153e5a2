"""The values of a flow's events: what each says in a few words, the status of its order, and the money that moved.

Values are read only here, when they are shown: joining a flow needs the headers alone. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import msgspec

from services_stub.contracts.events import (
    EVENT_BY_TOPIC,
    CartChanged,
    Event,
    NotificationSent,
    OrderCreated,
    OrderPart,
    OrderStatus,
    OrderUpdated,
    PaymentFailed,
    PaymentRefunded,
    PaymentSuccess,
    ProductCreated,
    ProductUpdated,
    StockLow,
)
from services_stub.contracts.money import ZERO
from services_stub.contracts.topics import ORDER_CREATED, ORDER_UPDATED, PAYMENT_REFUNDED, PAYMENT_SUCCESS
from simulator.trace.flow import Flow, FlowEvent

SOLD = frozenset({OrderStatus.PAID, OrderStatus.SHIPPED, OrderStatus.DELIVERED, OrderStatus.REFUNDING})
"""The statuses of parts whose money was taken and not given back."""

_LONGEST_WORDS = 200
_STATUSES = frozenset({ORDER_CREATED, ORDER_UPDATED})
_MONEY = frozenset({ORDER_UPDATED, PAYMENT_SUCCESS, PAYMENT_REFUNDED})
"""The topics whose values tell of a status, and of money: no other value is read for these."""


class Step(msgspec.Struct, frozen=True, gc=False):
    """An event and the status of the order after it; `words` are what it says. Empty where it says nothing of it."""

    event: FlowEvent
    status: str
    words: str


class Books(msgspec.Struct, frozen=True):
    """The money of one order: charged, given back, and what its parts that are sold cost."""

    charged: Decimal = ZERO
    refunded: Decimal = ZERO
    sold: Decimal = ZERO

    @property
    def balance(self) -> bool:
        """Whether the money that was kept is what the sold parts cost."""
        return self.charged - self.refunded == self.sold


def content_of(event: FlowEvent) -> Event | None:
    """The event as its contract describes it; None where the value is none, or its topic has no contract."""
    kind = EVENT_BY_TOPIC.get(event.topic)
    if kind is None or event.value is None:
        return None
    try:
        return msgspec.json.decode(event.value, type=kind)
    except (ValueError, RecursionError, ArithmeticError):
        return None


def steps_of(flow: Flow) -> tuple[Step, ...]:
    """The status of the order beside each event of the flow."""
    status = ""
    found: list[Step] = []
    for event in flow.events:
        content = content_of(event)
        status = _status(content) or foreign_status(event, content) or status
        found.append(Step(event, status, words_of(content)))
    return tuple(found)


def statuses_of(flow: Flow) -> frozenset[str]:
    """All statuses that the order had."""
    return frozenset(_status(content_of(event)) for event in flow.events if event.topic in _STATUSES)


def reached(flow: Flow) -> tuple[str, int]:
    """The last status that the flow tells of, and when it was reached; empty and its end where it tells of none."""
    for event in reversed(flow.events):
        content = content_of(event)
        found = _status(content) or foreign_status(event, content)
        if found:
            return found, event.at
    return "", flow.ended_at


def status_of(flow: Flow) -> str:
    """The last status that the flow tells of; empty where it tells of none."""
    return reached(flow)[0]


def books_of(flow: Flow) -> Books:
    """The money of the order; an event that was sent twice counts once."""
    charged = refunded = ZERO
    parts: dict[str, OrderPart] = {}
    seen: set[str] = set()
    for event in flow.events:
        if event.topic not in _MONEY or event.envelope.id in seen:
            continue
        seen.add(event.envelope.id)
        match content_of(event):
            case PaymentSuccess(amount=amount):
                charged += amount
            case PaymentRefunded(amount=amount):
                refunded += amount
            case OrderUpdated() as update:
                parts |= {part.seller_id: part for part in _parts_of(update)}
            case _:
                pass
    if "" in parts and len(parts) > 1:
        del parts[""]
    return Books(charged, refunded, sum((part.amount for part in parts.values() if part.status in SOLD), ZERO))


def _parts_of(update: OrderUpdated) -> Sequence[OrderPart]:
    """The parts; an update without parts is about the whole order."""
    return update.parts or [OrderPart(seller_id="", status=update.status, amount=update.amount)]


def _status(content: Event | None) -> str:
    match content:
        case OrderCreated(status=status) | OrderUpdated(status=status):
            return status
        case _:
            return ""


def foreign_status(event: FlowEvent, content: Event | None) -> str:
    """The field `status` of an event that is none of the marketplace's."""
    if content is not None or event.topic in EVENT_BY_TOPIC or not event.value:
        return ""
    try:
        value = msgspec.json.decode(event.value)
    except (ValueError, RecursionError):
        return ""
    found = value.get("status") if isinstance(value, dict) else None
    return found[:_LONGEST_WORDS] if isinstance(found, str) else ""


def words_of(content: Event | None) -> str:
    """An event in a few words; empty where there is nothing to say beyond its topic."""
    match content:
        case OrderCreated() as order:
            return f"{order.amount} {order.currency}, {_count(len(order.items), 'line')}, {order.payment_method}"
        case OrderUpdated() as order:
            return f"{order.previous_status} → {order.status} ({order.reason})"
        case PaymentSuccess(amount=amount, currency=currency):
            return f"charged {amount} {currency}"
        case PaymentFailed(reason=reason):
            return f"not charged: {reason}"
        case PaymentRefunded(amount=amount, currency=currency, reason=reason):
            return f"gave {amount} {currency} back: {reason}"
        case NotificationSent(channel=channel, template=template):
            return f"{template} by {channel}"
        case ProductCreated() | ProductUpdated():
            return f"{content.name}: {content.quantity} left at {content.price} {content.currency}"
        case StockLow() as stock:
            return f"{stock.name}: {stock.quantity} left"
        case CartChanged(action=action, quantity=quantity):
            return f"{action} {quantity}"
        case _:
            return ""


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
