"""The events of product and order, each applied to the store by one script."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import structlog

from services_stub.cart import domain
from services_stub.cart.handlers.carts import cached_product
from services_stub.cart.store import (
    StoreConnection,
    cache_product_call,
    order_created_call,
    order_failed_call,
    order_settled_call,
    tombstone_call,
)
from services_stub.contracts.base import LARGEST_NUMBER, Event
from services_stub.contracts.events.order import OrderCreated, OrderStatus, OrderUpdated
from services_stub.contracts.events.product import ProductCreated, ProductDeleted, ProductUpdated
from services_stub.runtime.service import Outcome
from services_stub.runtime.sql.transaction import Received


class EventSink:
    """Applies batches of events to the store, each batch one round trip. Used by the consumer's thread alone."""

    def __init__(self, connection: StoreConnection) -> None:
        self._connection = connection

    def __call__(self, records: Sequence[Received[Event]]) -> list[Outcome]:
        """The outcome of each record.

        Raises:
            Unavailable: the store is away; the scripts make it harmless to apply the batch again.
        """
        # The records of a batch come topic by topic, so the end of an order may come before its beginning.
        in_order = sorted(range(len(records)), key=lambda place: isinstance(records[place].event, OrderUpdated))
        calls = {place: call for place in in_order if (call := _call_for(records[place])) is not None}
        outcomes = [Outcome.DEAD_LETTER] * len(records)
        for place, reply in zip(calls, self._connection.run([*calls.values()]) if calls else [], strict=True):
            outcomes[place] = _outcome_of(reply)
        return outcomes


def _call_for(received: Received[Event]) -> bytes | None:
    try:
        return CALLS[type(received.event)](received.event)
    except (ValueError, ArithmeticError) as error:
        structlog.get_logger().error(
            "an event cannot be applied to the cart",
            topic=received.topic,
            event_id=received.envelope.id,
            reason=str(error),
        )
        return None


def _outcome_of(reply: bytes | int | Exception) -> Outcome:
    if isinstance(reply, Exception):
        raise reply
    return Outcome.HANDLED if reply == 1 else Outcome.DUPLICATE


def _product_changed(event: ProductCreated | ProductUpdated) -> bytes:
    if not 1 <= event.version <= LARGEST_NUMBER:
        raise ValueError("the version is no positive number")
    if not 0 <= event.seller_sequence <= LARGEST_NUMBER:
        raise ValueError("the seller's sequence is no number of theirs")
    return cache_product_call(cached_product(event, event.quantity), heard=True)


def _product_deleted(event: ProductDeleted) -> bytes:
    if not 0 <= event.version <= LARGEST_NUMBER:
        raise ValueError("the version is no positive number")
    if not 0 <= event.seller_sequence <= LARGEST_NUMBER:
        raise ValueError("the seller's sequence is no number of theirs")
    tombstone = domain.Product(
        event.version, domain.DELETED, event.product_id, event.seller_id, sequence=event.seller_sequence
    )
    return tombstone_call(tombstone)


def _order_created(event: OrderCreated) -> bytes:
    lines = [(item.product_id, item.quantity) for item in event.items]
    return order_created_call(event.user_id, event.order_id, lines)


def leaves_lines_alone(event: OrderUpdated) -> bool:
    """Whether a change of an order changes nothing for its lines: it waits for its payment, or had been paid before.

    The order decides whether it has failed, or was cancelled before its payment did.
    """
    statuses = {event.status, *(part.status for part in event.parts)}
    if OrderStatus.FAILED in statuses:
        return False
    return OrderStatus.PENDING in statuses or event.previous_status is not OrderStatus.PENDING


def _order_updated(event: OrderUpdated) -> bytes:
    if OrderStatus.FAILED not in {event.status, *(part.status for part in event.parts)}:
        return order_settled_call(event.order_id)
    unpaid = {part.seller_id for part in event.parts if part.status is OrderStatus.FAILED}
    items = [item for item in event.items if not event.parts or item.seller_id in unpaid]
    return order_failed_call(event.order_id, [item.product_id for item in items])


CALLS: dict[type[Event], Callable[[Any], bytes]] = {
    ProductCreated: _product_changed,
    ProductUpdated: _product_changed,
    ProductDeleted: _product_deleted,
    OrderCreated: _order_created,
    OrderUpdated: _order_updated,
}
"""The events that are consumed, and the call of the store that each becomes."""
