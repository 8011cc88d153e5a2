"""The effects of other services' events on products and their stock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from sqlalchemy import Row

from services_stub.contracts.events.auth import SellerBlocked, SellerUnblocked
from services_stub.contracts.events.order import OrderItem, OrderUpdated
from services_stub.contracts.http.auth import SellerBlockChange
from services_stub.product.domain import TRANSITIONS, TRIGGER_OF_ORDER_STATUS, Effect, ReservationStatus, Trigger
from services_stub.product.handlers.reservations import release_stock, units_of
from services_stub.product.store import products, reservations
from services_stub.runtime.errors import Poison
from services_stub.runtime.service import Outcome
from services_stub.runtime.sql.transaction import Received, Transaction


def concerns_no_stock(event: OrderUpdated) -> bool:
    """Whether an update changes nothing for the stock of its order."""
    return not any(part.status in TRIGGER_OF_ORDER_STATUS for part in event.parts or (event,))


def on_order_updated(transaction: Transaction, received: Received[OrderUpdated]) -> Outcome | None:
    """Settle the reservation of an order by the table `TRANSITIONS`, each seller's part in whatever status it is."""
    event, order_id = received.event, received.event.order_id
    triggers = {part.seller_id: TRIGGER_OF_ORDER_STATUS.get(part.status) for part in event.parts}
    whole = triggers or {"": TRIGGER_OF_ORDER_STATUS.get(event.status)}
    first, *others = set(whole.values())
    if first is not None and not others:
        # Nearly every reservation is still held, and the same became of all its parts: tried before looking.
        after, effect = TRANSITIONS[ReservationStatus.HELD, first]
        lines = reservations.move(transaction, order_id, ReservationStatus.HELD, after)
        if lines is not None:
            _carry_out(transaction, order_id, effect, lines)
            return None
    row = reservations.find(transaction.connection, order_id)
    if row is None:
        structlog.get_logger().warning("no reservation of an order is known", order_id=order_id, status=event.status)
        return Outcome.REJECTED
    _settle_parts(transaction, row, triggers or dict.fromkeys(reservations.parts_of(row), first))
    return None


def _settle_parts(transaction: Transaction, row: Row[Any], triggers: Mapping[str, Trigger | None]) -> None:
    parts = reservations.parts_of(row)
    lines = reservations.lines_of(row)
    after = dict(parts)
    for seller_id, status in parts.items():
        trigger = triggers.get(seller_id)
        if trigger is not None:
            after[seller_id], effect = TRANSITIONS[status, trigger]
            of_seller = [line for line in lines if line.seller_id == seller_id]
            _carry_out(transaction, row.order_id, effect, of_seller)
    if after != parts:
        reservations.set_parts(transaction, row.order_id, after)


def on_seller_blocked(transaction: Transaction, received: Received[SellerBlocked]) -> None:
    """Disable every product of the seller."""
    _on_block(transaction, received, received.event.seller_id, blocked=True)


def on_seller_unblocked(transaction: Transaction, received: Received[SellerUnblocked]) -> None:
    """Enable the seller's products; those that an admin blocked stay blocked."""
    _on_block(transaction, received, received.event.seller_id, blocked=False)


def set_seller_block(transaction: Transaction, change: SellerBlockChange) -> None:
    """Disable or enable every product of a seller, unless a later change is known.

    Auth tells of it by a request and by an event; the second of them changes nothing.
    """
    changed = reservations.record_seller_block(transaction, change)
    disabled = products.disable_all_of(transaction, change.seller_id, disabled=change.blocked) if changed else ()
    for row in disabled:
        products.publish_updated(transaction, row)


def _carry_out(transaction: Transaction, order_id: str, effect: Effect, lines: Sequence[OrderItem]) -> None:
    units = units_of(lines)
    if effect is Effect.SELL:
        products.take_out(transaction, units)
    elif effect is Effect.RELEASE:
        release_stock(transaction, order_id, lines)
    elif effect is Effect.RESTOCK:
        for product_id, count in units.items():
            row = products.move(transaction, product_id, quantity=count)
            products.publish_updated(transaction, row, correlation_id=order_id)
    elif effect is Effect.SELL_LATE:
        found = products.find_several(transaction.connection, units)
        for product_id, count in units.items():
            taken = min(count, found[product_id].quantity)
            if taken < count:
                structlog.get_logger().error("sold more than there is", order_id=order_id, product_id=product_id)
            row = products.move(transaction, product_id, quantity=-taken)
            products.publish_updated(transaction, row, correlation_id=order_id)


def _on_block(
    transaction: Transaction, received: Received[SellerBlocked | SellerUnblocked], seller_id: str, *, blocked: bool
) -> None:
    envelope = received.envelope
    try:
        change = SellerBlockChange(seller_id=seller_id, blocked=blocked, at=envelope.time, event_id=envelope.id)
    except ValueError as error:
        raise Poison(str(error)) from error
    set_seller_block(transaction, change)
