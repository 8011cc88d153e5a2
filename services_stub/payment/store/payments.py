"""The table of payments, the statements on it, and how rows read as payments.

Amounts are whole cents, times microseconds since 1970 in UTC. `caused_by` and `traceparent` are those of the event that
the open work of a payment goes back to, so that its outcome carries on the same trace, also after a crash.
"""

from __future__ import annotations

from collections.abc import Mapping
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
from services_stub.payment.domain import OPEN_WORK, Status
from services_stub.runtime.sql import keyset
from services_stub.runtime.sql.database import InsertOrIgnore
from services_stub.runtime.sql.keyset import SortOrder

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

INSERT_PAYMENT = InsertOrIgnore(payments)
FIND_PAYMENT = select(payments).where(payments.c.order_id == bindparam("order_id"))
OPEN_PAYMENTS = select(payments).where(payments.c.status.in_(list(OPEN_WORK))).order_by(payments.c.created_at)
NAME_METHOD = (
    update(payments)
    .where(payments.c.order_id == bindparam("of_order"), payments.c.payment_method == "")
    .values(payment_method=bindparam("method"))
)
# What is set by these two are the parameters that are named like columns.
SETTLE = update(payments).where(
    payments.c.order_id == bindparam("of_order"), payments.c.status == bindparam("status_before")
)
CALL_OFF = update(payments).where(payments.c.order_id == bindparam("of_order"))
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
"""What the world sees of a stage."""


def find_payment(connection: Connection, order_id: str) -> Row[Any] | None:
    """The row of an order's payment."""
    return connection.execute(FIND_PAYMENT, {"order_id": order_id}).one_or_none()


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
