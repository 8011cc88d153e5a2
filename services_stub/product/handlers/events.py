"""The effects of other services' events on products and their stock."""

from __future__ import annotations

from collections.abc import Mapping

import structlog

from services_stub.contracts.events.auth import SellerBlocked, SellerUnblocked
from services_stub.contracts.events.order import OrderUpdated
from services_stub.product.domain import TRANSITIONS, TRIGGER_OF_ORDER_STATUS, Effect, ReservationStatus
from services_stub.product.handlers.reservations import release_stock, units_of
from services_stub.product.store import products, reservations
from services_stub.runtime.service import Outcome
from services_stub.runtime.sql.transaction import Received, Transaction


def on_order_updated(transaction: Transaction, received: Received[OrderUpdated]) -> Outcome | None:
    """Settle the reservation of an order by the table `TRANSITIONS`, in whatever status it is."""
    order_id = received.event.order_id
    trigger = TRIGGER_OF_ORDER_STATUS[received.event.status]
    status = ReservationStatus.HELD
    after, effect = TRANSITIONS[status, trigger]
    # Nearly every reservation is still held, so that is tried before looking.
    lines = reservations.move(transaction, order_id, status, after)
    if lines is None:
        row = reservations.find(transaction.connection, order_id)
        if row is None:
            structlog.get_logger().warning("no reservation of an order is known", order_id=order_id, trigger=trigger)
            return Outcome.REJECTED
        status = ReservationStatus(row.status)
        after, effect = TRANSITIONS[status, trigger]
        if after == status:
            return None
        lines = reservations.move(transaction, order_id, status, after) or []
    if effect is Effect.RELEASE:
        release_stock(transaction, order_id, lines)
    else:
        _carry_out(transaction, order_id, effect, units_of(lines))
    return None


def on_seller_blocked(transaction: Transaction, received: Received[SellerBlocked]) -> None:
    """Disable every product of the seller."""
    _disable(transaction, received, received.event.seller_id, disabled=True)


def on_seller_unblocked(transaction: Transaction, received: Received[SellerUnblocked]) -> None:
    """Enable the seller's products; those that an admin blocked stay blocked."""
    _disable(transaction, received, received.event.seller_id, disabled=False)


def _carry_out(transaction: Transaction, order_id: str, effect: Effect, units: Mapping[str, int]) -> None:
    if effect is Effect.SELL:
        products.take_out(transaction, units)
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


def _disable(
    transaction: Transaction, received: Received[SellerBlocked | SellerUnblocked], seller_id: str, *, disabled: bool
) -> None:
    envelope = received.envelope
    changed = reservations.record_seller_block(
        transaction, seller_id, blocked=disabled, told_at=envelope.time, told_by=envelope.id
    )
    for row in products.disable_all_of(transaction, seller_id, disabled=disabled) if changed else ():
        products.publish_updated(transaction, row)
