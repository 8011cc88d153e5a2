"""Mutants that publish wrongly: events that are left out, doubled, late, or carry a wrong envelope."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from services_stub.contracts.base import Event
from services_stub.contracts.envelope import Cause, Envelope
from services_stub.contracts.events import (
    OrderCreated,
    OrderUpdated,
    PaymentSuccess,
    ProductUpdated,
    SellerBlocked,
    UserCreated,
)
from services_stub.contracts.topics import ORDER_UPDATED, PRODUCT_UPDATED
from services_stub.runtime.identifiers import new_id
from services_stub.runtime.kafka.producer import Publisher
from services_stub.runtime.sql.transaction import Transaction
from simulator.auditor.checks import Check
from tests.system.mutants.mutant import mutant
from tests.system.mutants.patching import every, replace


def leave_out(concerns: Callable[[Any], bool], number: int = 1) -> None:
    """Of the events that are meant, one of so many does not come into the outbox."""
    publish, due = Transaction.publish, every(number)

    def left_out(self: Transaction, event: Event, **options: Any) -> Envelope:
        envelope = publish(self, event, **options)
        if concerns(event) and due():
            self.outbox.pop()
        return envelope

    replace(Transaction, "publish", left_out)


def publish_again(kind: type[Event], number: int) -> None:
    """One of so many events of a kind is published twice, under two ids."""
    publish, due = Transaction.publish, every(number)

    def published(self: Transaction, event: Event, **options: Any) -> Envelope:
        if isinstance(event, kind) and due():
            publish(self, event, **options)
        return publish(self, event, **options)

    replace(Transaction, "publish", published)


def overtake(topic: str, number: int, longest: float = 1.0) -> None:
    """One of so many records of a topic comes behind the next one of its key, or after so many seconds."""
    produce, poll, due = Publisher.produce, Publisher.poll, every(number)
    lock, held = threading.Lock(), dict[Any, tuple[float, Any]]()

    def produced(self: Publisher, sending: Any) -> bool:
        if sending.topic != topic:
            return produce(self, sending)
        with lock:
            _, waiting = held.pop(sending.key, (0.0, None))
            if waiting is None and due():
                held[sending.key] = (time.monotonic() + longest, sending)
                return True
        taken = produce(self, sending)
        return taken if waiting is None else produce(self, waiting)

    def polled(self: Publisher) -> None:
        with lock:
            late = [key for key, (until, _) in held.items() if until < time.monotonic()]
            sendings = [held.pop(key)[1] for key in late]
        for sending in sendings:
            produce(self, sending)
        poll(self)

    replace(Publisher, "produce", produced)
    replace(Publisher, "poll", polled)


@mutant("order", Check.LOST_ORDER)
def order_created_is_lost() -> None:
    """Every fourth order is written without its event: the outbox is skipped."""
    leave_out(lambda event: isinstance(event, OrderCreated), 4)


@mutant("order", Check.LOST_EVENT)
def shipping_is_not_published() -> None:
    """A part that is shipped is written without its event. Another status shows only where it is not delivered, too."""
    leave_out(lambda event: isinstance(event, OrderUpdated) and event.reason == "shipped")


@mutant("order", Check.OTHER_STATUS)
def delivery_is_not_published() -> None:
    """A part that is delivered is written without its event."""
    leave_out(lambda event: isinstance(event, OrderUpdated) and event.reason == "delivered")


@mutant("product", Check.LOST_EVENT)
def product_update_is_lost() -> None:
    """Every tenth change of a product is written without its event."""
    leave_out(lambda event: isinstance(event, ProductUpdated), 10)


@mutant("auth", Check.LOST_EVENT)
def user_created_is_lost() -> None:
    """Every fifth account is made without its event."""
    leave_out(lambda event: isinstance(event, UserCreated), 5)


@mutant("auth", Check.LOST_EVENT)
def block_is_not_published() -> None:
    """A seller is blocked without an event: only who is told by a request hears of it."""
    leave_out(lambda event: isinstance(event, SellerBlocked))


@mutant("order", Check.PUBLISHED_TWICE)
def order_update_is_published_twice() -> None:
    """Every fifth update of an order is published under two ids."""
    publish_again(OrderUpdated, 5)


@mutant("order", Check.PUBLISHED_TWICE)
def order_created_is_published_twice() -> None:
    """Every fifth order is published under two ids."""
    publish_again(OrderCreated, 5)


@mutant("product", Check.PUBLISHED_TWICE)
def product_update_is_published_twice() -> None:
    """Every tenth version of a product is published under two ids."""
    publish_again(ProductUpdated, 10)


@mutant("auth", Check.PUBLISHED_TWICE)
def user_created_is_published_twice() -> None:
    """Every tenth account is published under two ids."""
    publish_again(UserCreated, 10)


@mutant("order", Check.OUT_OF_ORDER)
def order_updates_overtake() -> None:
    """Updates of one order come in the wrong order: the producer keeps none for a key."""
    overtake(ORDER_UPDATED, 2)


@mutant("product", Check.OUT_OF_ORDER)
def product_updates_overtake() -> None:
    """Versions of one product come in the wrong order."""
    overtake(PRODUCT_UPDATED, 5)


@mutant("order", Check.TWO_PARTITIONS)
def updates_have_keys_of_their_own() -> None:
    """The updates of an order are keyed by something else than the order, so they lie in any partition."""
    publish = Transaction.publish

    def published(self: Transaction, event: Event, **options: Any) -> Envelope:
        envelope = publish(self, event, **options)
        if isinstance(event, OrderUpdated):
            self.outbox[-1] = msgspec.structs.replace(self.outbox[-1], key=new_id().encode())
        return envelope

    replace(Transaction, "publish", published)


@mutant("payment", Check.UNKNOWN_CAUSE)
def cause_is_not_handed_on() -> None:
    """A payment names a cause that is nowhere."""
    publish = Transaction.publish

    def published(self: Transaction, event: Event, *, cause: Cause | None = None, **options: Any) -> Envelope:
        if cause is not None and isinstance(event, PaymentSuccess):
            cause = msgspec.structs.replace(cause, causation_id=new_id())
        return publish(self, event, cause=cause, **options)

    replace(Transaction, "publish", published)


@mutant("payment", Check.EFFECT_BEFORE_CAUSE)
def clock_is_behind() -> None:
    """The clock of payment is five seconds behind that of the others."""
    begin = Transaction.__init__

    def begun(self: Transaction, connection: Any, source: str, now: datetime | None = None) -> None:
        begin(self, connection, source, (now or datetime.now(UTC)) - timedelta(seconds=5))

    replace(Transaction, "__init__", begun)
