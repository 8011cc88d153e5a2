"""Statements on refunds: one for each part of an order that has ended, in whatever status its payment is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, select, update

from services_stub.contracts.http.payment import Refund
from services_stub.contracts.money import from_cents
from services_stub.contracts.times import from_microseconds, rfc3339, to_microseconds
from services_stub.payment.domain import REFUNDING, Status
from services_stub.payment.store.tables import payments, refunds
from services_stub.runtime.sql.database import InsertOrIgnore
from services_stub.runtime.sql.transaction import Transaction

_insert = InsertOrIgnore(refunds)
_of_order = select(refunds).where(refunds.c.order_id == bindparam("order_id")).order_by(refunds.c.seller_id)
_of_orders = (
    select(refunds)
    .where(refunds.c.order_id.in_(bindparam("order_ids", expanding=True)))
    .order_by(refunds.c.order_id, refunds.c.seller_id)
)
_open = (
    select(
        payments,
        refunds.c.seller_id,
        refunds.c.amount.label("refund_amount"),
        refunds.c.reason.label("refund_reason"),
        refunds.c.caused_by.label("refund_caused_by"),
        refunds.c.traceparent.label("refund_traceparent"),
    )
    .join(refunds, refunds.c.order_id == payments.c.order_id)
    .where(refunds.c.refunded_at.is_(None))
    .order_by(refunds.c.created_at, refunds.c.seller_id)
)
_open_everywhere = _open.where(payments.c.status.in_(list(REFUNDING)))
_open_of_order = _open.where(payments.c.order_id == bindparam("order_id"))
_settle = (
    update(refunds)
    .where(
        refunds.c.order_id == bindparam("of_order"),
        refunds.c.seller_id == bindparam("of_seller"),
        refunds.c.refunded_at.is_(None),
    )
    .values(refunded_at=bindparam("now"))
)
_drop = delete(refunds).where(refunds.c.order_id == bindparam("of_order"))


def add(transaction: Transaction, row: dict[str, Any]) -> bool:
    """Note that a part of an order is to be refunded; False where that is known."""
    return transaction.write(_insert, {**row, "refunded_at": None}) == 1


def set_refunded(transaction: Transaction, order_id: str, seller_id: str) -> bool:
    """Note that a part was given back; False where that is known."""
    now = to_microseconds(transaction.now)
    return transaction.write(_settle, {"of_order": order_id, "of_seller": seller_id, "now": now}) == 1


def drop_all(transaction: Transaction, order_id: str) -> None:
    """Forget the refunds of an order, which is refunded whole instead."""
    transaction.write(_drop, {"of_order": order_id})


def of_order(connection: Connection, order_id: str) -> Sequence[Row[Any]]:
    """The refunds of an order, done and to be done."""
    return connection.execute(_of_order, {"order_id": order_id}).all()


def refunds_of(connection: Connection, order_ids: Sequence[str]) -> dict[str, list[Row[Any]]]:
    """The refunds of several orders, by order."""
    found: dict[str, list[Row[Any]]] = defaultdict(list)
    for row in connection.execute(_of_orders, {"order_ids": list(order_ids)}):
        found[row.order_id].append(row)
    return found


def open_refunds(connection: Connection, order_id: str = "") -> Sequence[Row[Any]]:
    """The refunds that are not done, with their payments: those of an order, or all that the provider is asked for."""
    if order_id:
        return connection.execute(_open_of_order, {"order_id": order_id}).all()
    return connection.execute(_open_everywhere).all()


def to_refund(row: Row[Any], status: Status) -> Refund | None:
    """A row as the refund that is shown; None where nothing was taken that could be given back."""
    if row.refunded_at is None and status not in REFUNDING | {Status.REDUCED, Status.UNORDERED}:
        return None
    at = row.created_at if row.refunded_at is None else row.refunded_at
    return Refund(
        seller_id=row.seller_id,
        amount=from_cents(row.amount),
        reason=row.reason,
        refunded=row.refunded_at is not None,
        updated_at=rfc3339(from_microseconds(at)),
    )
