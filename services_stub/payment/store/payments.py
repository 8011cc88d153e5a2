"""The table of payments, the statements on it, and how rows read as payments.

Amounts are whole cents, times microseconds since 1970 in UTC. `caused_by` and `traceparent` are those of the event that
a charge or refund goes back to, so that its outcome carries on the same trace, also after a crash.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, select, update

from services_stub.contracts.http.page import Page
from services_stub.contracts.http.payment import Payment, PaymentStatus
from services_stub.contracts.money import from_cents
from services_stub.contracts.times import from_microseconds, rfc3339
from services_stub.payment.domain import CHARGING, Status
from services_stub.payment.store import refunds
from services_stub.payment.store.tables import payments
from services_stub.runtime.sql import keyset
from services_stub.runtime.sql.database import InsertOrIgnore
from services_stub.runtime.sql.keyset import SortOrder
from services_stub.runtime.sql.transaction import Transaction

_insert = InsertOrIgnore(payments)
_find = select(payments).where(payments.c.order_id == bindparam("order_id"))
_charging = select(payments).where(payments.c.status.in_(list(CHARGING))).order_by(payments.c.created_at)
# Both set the columns that further parameters are named after.
_update = update(payments).where(payments.c.order_id == bindparam("of_order"))
_update_in_status = _update.where(payments.c.status == bindparam("status_before"))
_NEWEST_FIRST = SortOrder((payments.c.created_at, payments.c.order_id), descending=True)

STATUS_OF: Mapping[Status, PaymentStatus] = {
    Status.PENDING: PaymentStatus.PENDING,
    Status.REDUCED: PaymentStatus.PENDING,
    Status.UNORDERED: PaymentStatus.PENDING,
    Status.CHARGED: PaymentStatus.CHARGED,
    Status.FAILED: PaymentStatus.FAILED,
    Status.ABANDONED: PaymentStatus.FAILED,
    Status.VOIDING: PaymentStatus.VOIDED,
    Status.VOIDED: PaymentStatus.VOIDED,
    Status.REFUNDED: PaymentStatus.REFUNDED,
}
"""The published status of each internal one."""


def find_payment(connection: Connection, order_id: str) -> Row[Any] | None:
    """The row of an order's payment."""
    return connection.execute(_find, {"order_id": order_id}).one_or_none()


def charging_payments(connection: Connection) -> Sequence[Row[Any]]:
    """The rows of the payments that wait for the answer to their charge, oldest first."""
    return connection.execute(_charging).all()


def insert_payment(transaction: Transaction, row: dict[str, Any]) -> bool:
    """Insert the payment of an order; False where the order has one already."""
    return transaction.write(_insert, row) == 1


def update_payment(transaction: Transaction, order_id: str, changes: dict[str, Any]) -> None:
    """Set the columns named in `changes`."""
    transaction.execute(_update, {"of_order": order_id, **changes})


def update_payment_in_status(transaction: Transaction, order_id: str, status: Status, changes: dict[str, Any]) -> bool:
    """Set the columns named in `changes` if the payment is in `status`; whether it was."""
    return transaction.write(_update_in_status, {"of_order": order_id, "status_before": status, **changes}) == 1


def read_payment(connection: Connection, row: Row[Any]) -> Payment:
    """A row and its refunds as the payment that is shown."""
    return _to_payment(row, refunds.refunds_of(connection, [row.order_id]).get(row.order_id, ()))


def payments_of_user(connection: Connection, user_id: str, cursor: str, limit: int) -> Page[Payment]:
    """A page of a shopper's payments, newest first."""
    return _page(connection, select(payments).where(payments.c.user_id == user_id), cursor, limit)


def all_payments(connection: Connection, status: PaymentStatus | None, cursor: str, limit: int) -> Page[Payment]:
    """A page of all payments, or of those with one published status, newest first."""
    statement = select(payments)
    if status is not None:
        statement = statement.where(payments.c.status.in_([own for own, shown in STATUS_OF.items() if shown is status]))
    return _page(connection, statement, cursor, limit)


def _page(connection: Connection, statement: Select[Any], cursor: str, limit: int) -> Page[Payment]:
    rows = keyset.page(connection, statement, _NEWEST_FIRST, cursor, limit, lambda row: row)
    of_order = refunds.refunds_of(connection, [row.order_id for row in rows.items])
    shown = [_to_payment(row, of_order.get(row.order_id, ())) for row in rows.items]
    return Page(items=shown, next_cursor=rows.next_cursor)


def _to_payment(row: Row[Any], of_order: Sequence[Row[Any]]) -> Payment:
    status = Status(row.status)
    return Payment(
        payment_id=row.payment_id,
        order_id=row.order_id,
        user_id=row.user_id,
        status=STATUS_OF[status],
        reason=row.reason,
        amount=from_cents(row.amount),
        currency=row.currency,
        payment_method=row.payment_method,
        created_at=rfc3339(from_microseconds(row.created_at)),
        updated_at=rfc3339(from_microseconds(row.updated_at)),
        refunds=[shown for refund in of_order if (shown := refunds.to_refund(refund, status)) is not None],
    )
