"""The tables of the payment service. Amounts are whole cents, times microseconds since 1970 in UTC."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, MetaData, String, Table, Text

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

refunds = Table(
    "refunds",
    TABLES,
    Column("order_id", String, primary_key=True),
    # Whose part of the order is given back; empty for all of it.
    Column("seller_id", String, primary_key=True),
    Column("amount", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("caused_by", String, nullable=False),
    Column("traceparent", String, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    # Null until the provider has given it back. Whether it is asked to depends on the status of the payment.
    Column("refunded_at", BigInteger),
    sqlite_with_rowid=False,
)

webhook_events = Table(
    "webhook_events",
    TABLES,
    Column("event_id", String, primary_key=True),
    Column("received_at", BigInteger, nullable=False),
    Index("webhook_events_by_age", "received_at"),
)
