"""Requests of shoppers and sellers about an order: to read it, to cancel it, to ship and deliver their items."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import Connection, Row

from services_stub.contracts.http.order import Order
from services_stub.order import store
from services_stub.order.domain import total
from services_stub.order.fulfilment import Trigger
from services_stub.order.handlers.transitions import apply_transition, find, no_such_order
from services_stub.runtime.errors import Refused
from services_stub.runtime.sql.transaction import Transaction


class Cancel(msgspec.Struct, frozen=True):
    """A shopper does not want an order any more; `why` is their own text."""

    order_id: str
    user_id: str
    why: str


class ShipItems(msgspec.Struct, frozen=True):
    """A seller has handed their items of an order to the carrier."""

    order_id: str
    seller_id: str


class DeliverItems(msgspec.Struct, frozen=True):
    """A seller's items of an order have arrived."""

    order_id: str
    seller_id: str


def read_order(connection: Connection, order_id: str, role: str, user_id: str) -> Order:
    """One order with its history, as the caller may see it.

    Raises:
        Refused: there is none, or it is another shopper's, or nothing in it is the seller's.
    """
    row = store.find_order(connection, order_id)
    if row is None or (role == "user" and row.user_id != user_id):
        raise no_such_order()
    order = store.with_history(connection, row)
    if role != "seller":
        return order
    if not any(item.seller_id == user_id for item in order.items):
        raise no_such_order()
    return as_seller_sees(order, user_id)


def as_seller_sees(order: Order, seller_id: str) -> Order:
    """The order with the seller's items and their amount alone: other sellers' sales are confidential."""
    items = [item for item in order.items if item.seller_id == seller_id]
    amount = total((item.quantity, item.unit_price) for item in items)
    return msgspec.structs.replace(order, items=items, amount=amount)


def cancel(tx: Transaction, command: Cancel) -> None:
    """Cancel an order of which nothing is shipped yet."""
    row = find(tx, command.order_id)
    if row.user_id != command.user_id:
        raise no_such_order()
    sellers = store.sellers_of_order(tx.connection, command.order_id)
    shipped = any(seller.shipped_at is not None for seller in sellers)
    apply_transition(tx, row, Trigger.CANCEL_PART_SHIPPED if shipped else Trigger.CANCEL, note=command.why)


def ship(tx: Transaction, command: ShipItems) -> None:
    """The seller's items are on their way; the order is SHIPPED with the last seller's."""
    row, mine, others = _load_parts(tx, command)
    last = all(other.shipped_at is not None for other in others)
    apply_transition(tx, row, Trigger.SHIP_LAST if last else Trigger.SHIP_PART)
    if mine.shipped_at is None:
        store.set_shipped(tx, command.order_id, command.seller_id)


def deliver(tx: Transaction, command: DeliverItems) -> None:
    """The seller's items arrived; the order is DELIVERED with the last seller's."""
    row, mine, others = _load_parts(tx, command)
    last = all(other.delivered_at is not None for other in others)
    apply_transition(tx, row, Trigger.DELIVER_LAST if last else Trigger.DELIVER_PART)
    if mine.shipped_at is None:
        raise Refused(409, "order-not-shipped", "ship your items before you deliver them")
    if mine.delivered_at is None:
        store.set_delivered(tx, command.order_id, command.seller_id)


def _load_parts(tx: Transaction, command: ShipItems | DeliverItems) -> tuple[Row[Any], Row[Any], list[Row[Any]]]:
    """The order, the seller's share of it, and the shares of the others."""
    row = find(tx, command.order_id)
    shares = store.sellers_of_order(tx.connection, command.order_id)
    mine = [share for share in shares if share.seller_id == command.seller_id]
    if not mine:
        raise no_such_order()
    return row, mine[0], [share for share in shares if share.seller_id != command.seller_id]
