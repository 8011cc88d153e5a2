"""A flow as steps: one event each, with the way it took, and the states that it changed, from its contents alone.

Pure. A state is known from the first event that tells of it; before that it is empty.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import msgspec

from services_stub.contracts.events import (
    CartChanged,
    DeadLetterClosed,
    Event,
    NotificationSent,
    OrderCreated,
    OrderStatus,
    OrderUpdated,
    PaymentFailed,
    PaymentRefunded,
    PaymentSuccess,
    ProductCreated,
    ProductDeleted,
    ProductUpdated,
    SellerBlocked,
    SellerUnblocked,
    StockLow,
    UserCreated,
)
from services_stub.contracts.money import ZERO
from simulator.trace.contents import content_of, foreign_status
from simulator.trace.flow import Flow, FlowEvent

_SHIPMENT = frozenset({OrderStatus.SHIPPED, OrderStatus.DELIVERED})


class Change(msgspec.Struct, frozen=True):
    """A state before and after an event. `before` is empty where nothing has told of it yet."""

    what: str
    before: str
    after: str


class Transition(msgspec.Struct, frozen=True):
    """An event with the states that it changed."""

    event: FlowEvent
    changes: tuple[Change, ...]


class _State(msgspec.Struct, frozen=True):
    """A state that an event tells of: of what, its words, and itself; `before` where the event says that, too."""

    key: tuple[str, str]
    what: str
    after: str
    before: str = ""


def transitions_of(flow: Flow) -> tuple[Transition, ...]:
    """Every event of a flow with the states that it changed; an event that comes again changes nothing."""
    known: dict[tuple[str, str], str] = {}
    money = _Money()
    seen: set[str] = set()
    found: list[Transition] = []
    for event in flow.events:
        changes: list[Change] = []
        for state in _states(event, money) if event.envelope.id not in seen else ():
            before = known.get(state.key, state.before)
            if before != state.after:
                changes.append(Change(state.what, before, state.after))
            known[state.key] = state.after
        seen.add(event.envelope.id)
        found.append(Transition(event, tuple(changes)))
    return tuple(found)


class _Money:
    """The money of the order so far."""

    def __init__(self) -> None:
        self.charged, self.refunded = ZERO, ZERO

    def state(self, charged: Decimal, refunded: Decimal, currency: str) -> _State:
        """The payment after some more was charged, or given back."""
        self.charged += charged
        self.refunded += refunded
        after = f"charged {self.charged} {currency}"
        return _State(("payment", ""), "payment", f"{after}, {self.refunded} given back" if self.refunded else after)


def _states(event: FlowEvent, money: _Money) -> Iterator[_State]:
    content = content_of(event)
    match content:
        case OrderCreated():
            yield _State(("order", ""), "order", content.status)
        case OrderUpdated():
            yield _State(("order", ""), "order", content.status, content.previous_status)
            for part in content.parts:
                if len(content.parts) > 1:
                    yield _State(("part", part.seller_id), f"part of {part.seller_id}", part.status)
                elif part.status in _SHIPMENT:
                    yield _State(("shipment", ""), "shipment", part.status)
        case PaymentSuccess():
            yield money.state(content.amount, ZERO, content.currency)
        case PaymentRefunded():
            yield money.state(ZERO, content.amount, content.currency)
        case PaymentFailed():
            yield _State(("payment", ""), "payment", f"not charged: {content.reason}")
        case ProductCreated() | ProductUpdated():
            yield from _product(content)
        case _:
            yield from _others(event, content)


def _product(product: ProductCreated | ProductUpdated) -> Iterator[_State]:
    """Its stock; its price and its status where they are others than before, or new."""
    yield _State(("stock", product.product_id), f"stock of {product.name}", f"{product.quantity} left")
    price, status = f"{product.price} {product.currency}", str(product.status)
    is_new = isinstance(product, ProductCreated)
    yield _State(("price", product.product_id), f"price of {product.name}", price, "" if is_new else price)
    yield _State(("product", product.product_id), product.name, status, "" if is_new else status)


def _others(event: FlowEvent, content: Event | None) -> Iterator[_State]:
    """The same for carts, messages and accounts, and for events of other systems."""
    match content:
        case ProductDeleted():
            yield _State(("product", content.product_id), f"product {content.product_id}", "deleted")
        case StockLow():
            yield _State(("stock", content.product_id), f"stock of {content.name}", f"{content.quantity} left")
        case CartChanged():
            words = f"{content.action} {content.quantity}"
            yield _State(("cart", content.product_id), f"cart, product {content.product_id}", words)
        case NotificationSent():
            words = f"sent by {content.channel}"
            yield _State(("message", content.notification_id + content.channel), f"message {content.template}", words)
        case UserCreated():
            yield _State(("account", content.user_id), f"account {content.email}", f"created as {content.role}")
        case SellerBlocked() | SellerUnblocked():
            words = "blocked" if isinstance(content, SellerBlocked) else "not blocked"
            yield _State(("seller", content.seller_id), f"seller {content.seller_id}", words)
        case DeadLetterClosed():
            yield _State(("dead letter", content.dead_letter_id), f"dead letter of {content.group}", str(content.act))
        case _:
            if status := foreign_status(event, content):
                yield _State(("", event.topic), event.topic, status)
