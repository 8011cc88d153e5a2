"""How a reservation becomes an order, once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

import msgspec
from sqlalchemy import Connection

from services_stub.contracts.encoding import encode_json
from services_stub.contracts.events.order import OrderCreated, OrderItem, OrderPart
from services_stub.contracts.http.order import Order, OrderChange
from services_stub.contracts.http.product import LineProblem
from services_stub.contracts.money import to_cents
from services_stub.contracts.times import rfc3339, to_microseconds
from services_stub.order.domain import total
from services_stub.order.fulfilment import PLACED
from services_stub.order.handlers.transitions import no_such_order
from services_stub.order.store import blocks
from services_stub.order.store import orders as store
from services_stub.runtime import clock
from services_stub.runtime.errors import Refused
from services_stub.runtime.sql.transaction import Transaction


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Make a reservation an order, before `expires_at`: the earlier deadline of the reservation and the checkout.

    `fingerprint` tells a repeated request from another one under the same key.
    """

    order_id: str
    user_id: str
    items: list[OrderItem]
    amount: Decimal
    currency: str
    payment_method: str
    fingerprint: str
    expires_at: datetime


class Placed(msgspec.Struct, frozen=True):
    """The order, and whether it had been placed before."""

    order: Order
    replayed: bool


def place(tx: Transaction, command: Place) -> Placed:
    """Insert the order and publish order-created, unless the order is there already."""
    now = to_microseconds(tx.now)
    if not store.insert_order(tx, _row(command, now)):
        before = placed_before(tx.connection, command.order_id, command.fingerprint)
        if before is None:
            raise no_such_order()
        return Placed(before, replayed=True)
    parts = parts_of(command.items)
    _refuse_blocked(tx, command, [part.seller_id for part in parts])
    # The clock and not the batch's time: the answers of `known` that let an expired reservation and an expired checkout
    # go are given by this writer too, so an order that they did not name finds itself too late here.
    if clock.now() >= command.expires_at:
        raise checkout_expired()
    store.insert_parts(tx, command.order_id, parts)
    store.append_history(tx, command.order_id, PLACED.status, PLACED.reason)
    tx.publish(
        OrderCreated(
            order_id=command.order_id,
            user_id=command.user_id,
            items=command.items,
            status=PLACED.status,
            amount=command.amount,
            currency=command.currency,
            payment_method=command.payment_method,
        ),
        correlation_id=command.order_id,
    )
    return Placed(_just_placed(command, parts, rfc3339(tx.now)), replayed=False)


def placed_before(connection: Connection, order_id: str, fingerprint: str) -> Order | None:
    """The order that was placed before under the same key, if any.

    Raises:
        Refused: the key was used with another request.
    """
    order = store.find_order(connection, order_id)
    if order is None:
        return None
    if order.row.fingerprint != fingerprint:
        raise Refused(422, "idempotency-key-reused", "this `Idempotency-Key` belongs to another request of yours")
    return store.with_history(connection, order)


def parts_of(items: Sequence[OrderItem]) -> list[OrderPart]:
    """The parts of a new order with these items, sorted by seller."""
    lines: dict[str, list[tuple[int, Decimal]]] = {}
    for item in items:
        lines.setdefault(item.seller_id, []).append((item.quantity, item.unit_price))
    return [
        OrderPart(seller_id=seller_id, status=PLACED.status, amount=total(lines[seller_id]), reason=PLACED.reason)
        for seller_id in sorted(lines)
    ]


def checkout_expired() -> Refused:
    """The refusal of an order whose lines or whose stock were held for too long."""
    return Refused(503, "reservation-expired", "the stock was held for too long: place the order again")


def find_known_orders(tx: Transaction, order_ids: list[str]) -> list[str]:
    """Those of `order_ids` that are orders. A command and not a read: it must see the batch that is being written."""
    found = store.known_among(tx.connection, order_ids)
    return [order_id for order_id in order_ids if order_id in found]


def _row(command: Place, now: int) -> dict[str, str | int]:
    return {
        "order_id": command.order_id,
        "user_id": command.user_id,
        "status": PLACED.status,
        "reason": PLACED.reason,
        "items": encode_json(command.items).decode(),
        "amount": to_cents(command.amount),
        "currency": command.currency,
        "payment_method": command.payment_method,
        "fingerprint": command.fingerprint,
        "created_at": now,
        "updated_at": now,
    }


def _just_placed(command: Place, parts: list[OrderPart], now: str) -> Order:
    return Order(
        order_id=command.order_id,
        user_id=command.user_id,
        status=PLACED.status,
        reason=PLACED.reason,
        items=command.items,
        amount=command.amount,
        currency=command.currency,
        payment_method=command.payment_method,
        created_at=now,
        updated_at=now,
        parts=parts,
        history=[OrderChange(status=PLACED.status, reason=PLACED.reason, at=now)],
    )


def _refuse_blocked(tx: Transaction, command: Place, seller_ids: list[str]) -> None:
    """Product reserves nothing of a blocked seller, but may hear of a block later than this service."""
    blocked = blocks.blocked_among(tx.connection, seller_ids)
    if blocked:
        lines = [
            LineProblem(product_id=item.product_id, problem="product-unavailable")
            for item in command.items
            if item.seller_id in blocked
        ]
        raise Refused(409, "product-unavailable", "a product is not for sale any more", lines=lines)
