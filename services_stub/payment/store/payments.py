"""The table of payments, the statements on it, and how rows read as payments.

Amounts are whole cents, times microseconds since 1970 in UTC. `caused_by` and `traceparent` are those of the event that
the open request of a payment goes back to, so that its outcome carries on the same trace, also after a crash.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Index,
    MetaData,
    Row,
    String,
    Table,
    Text,
    bindparam,
    select,
    update,
)

from services_stub.contracts.http.page import Page
from services_stub.contracts.http.payment import Payment, PaymentStatus
from services_stub.contracts.money import from_cents
from services_stub.contracts.times import from_microseconds, rfc3339
from services_stub.payment.domain import OPEN_REQUESTS, Status
from services_stub.runtime.sql import keyset
from services_stub.runtime.sql.database import InsertOrIgnore
from services_stub.runtime.sql.keyset import SortOrder
from services_stub.runtime.sql.transaction import Transaction

TABLES = MetaData()

payments = Table(
    "payments",
    TABLES,
    Column("order_id", String, primary_key=True),
    Column("payment_id", String, nullable=False),
    Column("user_id", String, nullable=False),
    Column("status", String, nullable=False),
    Column("reason", Text, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("currency", String, nullable=False),
    Column("payment_method", String, nullable=False),
    Column("charge_id", String, nullable=False),
    Column("caused_by", String, nullable=False),
    Column("traceparent", String, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Index("payments_of_user", "user_id", "created_at", "order_id"),
    Index("payments_by_age", "created_at", "order_id"),
)

_insert = InsertOrIgnore(payments)
_find = select(payments).where(payments.c.order_id == bindparam("order_id"))
_open = select(payments).where(payments.c.status.in_(list(OPEN_REQUESTS))).order_by(payments.c.created_at)
_name_method = (
    update(payments)
    .where(payments.c.order_id == bindparam("of_order"), payments.c.payment_method == "")
    .values(payment_method=bindparam("method"))
)
# Both set the columns that further parameters are named after.
_update = update(payments).where(payments.c.order_id == bindparam("of_order"))
_update_in_status = _update.where(payments.c.status == bindparam("status_before"))
_NEWEST_FIRST = SortOrder((payments.c.created_at, payments.c.order_id), descending=True)

STATUS_OF: Mapping[Status, PaymentStatus] = {
    Status.PENDING: PaymentStatus.PENDING,
    Status.CHARGED: PaymentStatus.CHARGED,
    Status.FAILED: PaymentStatus.FAILED,
    Status.ABANDONED: PaymentStatus.FAILED,
    Status.VOIDING: PaymentStatus.VOIDED,
    Status.VOIDED: PaymentStatus.VOIDED,
    Status.REFUNDING: PaymentStatus.CHARGED,
    Status.REFUNDED: PaymentStatus.REFUNDED,
}
"""The published status of each internal one."""


def find_payment(connection: Connection, order_id: str) -> Row[Any] | None:
    """The row of an order's payment."""
    return connection.execute(_find, {"order_id": order_id}).one_or_none()


def open_payments(connection: Connection) -> Sequence[Row[Any]]:
    """The rows of the payments that wait for the provider, oldest first."""
    return connection.execute(_open).all()


def insert_payment(transaction: Transaction, row: dict[str, Any]) -> bool:
    """Insert the payment of an order; False where the order has one already."""
    return transaction.write(_insert, row) == 1


def set_payment_method(transaction: Transaction, order_id: str, payment_method: str) -> None:
    """Complete the payment of an order that was cancelled before it was known."""
    transaction.execute(_name_method, {"of_order": order_id, "method": payment_method})


def update_payment(transaction: Transaction, order_id: str, changes: dict[str, Any]) -> None:
    """Set the columns named in `changes`."""
    transaction.execute(_update, {"of_order": order_id, **changes})


def update_payment_in_status(transaction: Transaction, order_id: str, status: Status, changes: dict[str, Any]) -> bool:
    """Set the columns named in `changes` if the payment is in `status`; whether it was."""
    return transaction.write(_update_in_status, {"of_order": order_id, "status_before": status, **changes}) == 1


def to_payment(row: Row[Any]) -> Payment:
    """A row as the payment that is shown."""
    return Payment(
        payment_id=row.payment_id,
        order_id=row.order_id,
        user_id=row.user_id,
        status=STATUS_OF[Status(row.status)],
        reason=row.reason,
        amount=from_cents(row.amount),
        currency=row.currency,
        payment_method=row.payment_method,
        created_at=rfc3339(from_microseconds(row.created_at)),
        updated_at=rfc3339(from_microseconds(row.updated_at)),
    )


def payments_of_user(connection: Connection, user_id: str, cursor: str, limit: int) -> Page[Payment]:
    """A page of a shopper's payments, newest first."""
    of_user = select(payments).where(payments.c.user_id == user_id)
    return keyset.page(connection, of_user, _NEWEST_FIRST, cursor, limit, to_payment)


def all_payments(connection: Connection, cursor: str, limit: int) -> Page[Payment]:
    """A page of all payments, newest first."""
    return keyset.page(connection, select(payments), _NEWEST_FIRST, cursor, limit, to_payment)
