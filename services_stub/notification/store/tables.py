"""The tables of the notification service. Amounts are whole cents."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from services_stub.notification.domain.delivery import State

TABLES = MetaData()
recipients = Table(
    "recipients",
    TABLES,
    Column("user_id", String(200), primary_key=True),
    Column("address", Text, nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("phone", Text, nullable=False),
    Column("bouncing", Boolean, nullable=False),
)
# What is null here was never chosen.
preferences = Table(
    "preferences",
    TABLES,
    Column("user_id", String(200), primary_key=True),
    Column("phone", Text),
    Column("delivery", String(20)),
    Column("sales", String(20)),
    Column("stock", String(20)),
)
notifications = Table(
    "notifications",
    TABLES,
    Column("notification_id", String(36), primary_key=True),
    Column("user_id", String(200), nullable=False),
    Column("template", String(40), nullable=False),
    Column("about", String(200), nullable=False),
    Column("occasion", String(200), nullable=False),
    Column("channel", String(10), nullable=False),
    Column("subject", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
    Column("read", Boolean, nullable=False),
    Column("created_at", String(32), nullable=False),
    UniqueConstraint("about", "template", "user_id", "occasion", name="notifications_once"),
    Index("notifications_of_user", "user_id", "notification_id"),
)
unaddressed = Table(
    "unaddressed",
    TABLES,
    Column("notification_id", String(36), primary_key=True),
    Column("user_id", String(200), nullable=False, index=True),
)
# As text, because a database only sees that a partial index fits where the value stands in the statement.
waits_for_delivery = text(f"state = '{State.SPOOLED}'")
is_secret = text("secret")
# The spool keeps every message that leaves the marketplace, complete; what is delivered stays in it, to be read.
spool = Table(
    "spool",
    TABLES,
    # SQLite counts by itself in a column that is exactly an INTEGER PRIMARY KEY.
    Column("mail_id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("notification_id", String(36), nullable=False),
    Column("channel", String(10), nullable=False),
    Column("recipient", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("state", String(10), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("error", Text, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("created_at", String(32), nullable=False),
    # Whether the message is to be forgotten once it is delivered or given up.
    Column("secret", Boolean, nullable=False),
    Index("spool_secret", "mail_id", sqlite_where=is_secret, postgresql_where=is_secret),
    Index("spool_due", "channel", "due_at", sqlite_where=waits_for_delivery, postgresql_where=waits_for_delivery),
)
# How many messages about sales a seller got in the window that ends then (microseconds of Unix time).
sale_windows = Table(
    "sale_windows",
    TABLES,
    Column("user_id", String(200), primary_key=True),
    Column("ends_at", BigInteger, nullable=False),
    Column("messages", Integer, nullable=False),
)
# Sales whose message is the digest that is due then. Those of one digest lie together, for they are deleted together,
# and each page of which a row is deleted is kept in memory until the transaction ends.
gathered = Table(
    "gathered",
    TABLES,
    Column("due_at", BigInteger, primary_key=True, autoincrement=False),
    Column("user_id", String(200), primary_key=True),
    Column("notification_id", String(36), primary_key=True),
    sqlite_with_rowid=False,
)
charges = Table(
    "charges",
    TABLES,
    Column("order_id", String(200), primary_key=True),
    Column("user_id", String(200), nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
)
refunds = Table(
    "refunds",
    TABLES,
    Column("order_id", String(200), primary_key=True),
    # Empty for a refund of all that was charged.
    Column("seller_id", String(200), primary_key=True),
    Column("position", Integer, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
    Column("reason", Text, nullable=False),
)
