"""The tables of the order service. Amounts are whole cents, times microseconds since 1970 in UTC."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
)

TABLES = MetaData()

orders = Table(
    "orders",
    TABLES,
    Column("order_id", String, primary_key=True),
    Column("user_id", String, nullable=False),
    Column("status", String, nullable=False),
    Column("reason", Text, nullable=False),
    # The items of an order never change, so they are one JSON text.
    Column("items", Text, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("currency", String, nullable=False),
    Column("payment_method", String, nullable=False),
    Column("fingerprint", String, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Index("orders_of_user", "user_id", "created_at", "order_id"),
    Index("orders_by_age", "created_at", "order_id"),
)
order_parts = Table(
    "order_parts",
    TABLES,
    Column("order_id", String, ForeignKey("orders.order_id"), primary_key=True),
    Column("seller_id", String, primary_key=True),
    # Null where the order has no other part: then they are the order's own, kept once. Most orders are of this kind,
    # and a purchase writes a page less.
    Column("status", String),
    Column("reason", Text),
    Column("amount", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Index("parts_of_seller", "seller_id", "created_at", "order_id"),
    sqlite_with_rowid=False,
)
order_history = Table(
    "order_history",
    TABLES,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("order_id", String, nullable=False, index=True),
    # Empty where all parts of the order took the step together.
    Column("seller_id", String, nullable=False),
    Column("status", String, nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
)
seller_blocks = Table(
    "seller_blocks",
    TABLES,
    Column("seller_id", String, primary_key=True),
    # The time and id of the event: blocked and unblocked come on two topics, and by request too, in any order.
    Column("at", BigInteger, primary_key=True),
    Column("event_id", String, primary_key=True),
    Column("blocked", Boolean, nullable=False),
    sqlite_with_rowid=False,
)
