"""The tables of the analytics service. Weights are thousandths, times microseconds.

A sum of amounts is kept as billions of cents and the cents beyond; the cents are never below 0.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, LargeBinary, MetaData, String, Table, Text

from services_stub.analytics.domain import AMOUNTS, Metric

TABLES = MetaData()


def billions_of(metric: Metric) -> str:
    """The column with the billions of a sum of amounts."""
    return metric.name.lower().replace("cents", "billions")


users = Table(
    "users",
    TABLES,
    Column("user_id", String, primary_key=True),
    Column("role", String, nullable=False),
    Column("blocked", Boolean, nullable=False),
    Column("block_changed_at", BigInteger, nullable=False),
)

products = Table(
    "products",
    TABLES,
    Column("product_id", String, primary_key=True),
    Column("seller_id", String, nullable=False),
    Column("name", Text, nullable=False),
    Column("category", Text, nullable=False),
    Column("status", String, nullable=False),
    Column("version", BigInteger, nullable=False),
)

orders = Table(
    "orders",
    TABLES,
    Column("order_id", String, primary_key=True),
    # An Order of the domain as JSON: it is never asked for by anything but the id.
    Column("state", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

sales = Table(
    "sales",
    TABLES,
    Column("product_id", String, primary_key=True),
    Column("units", BigInteger, nullable=False),
    Column("billions", BigInteger, nullable=False),
    Column("cents", BigInteger, nullable=False),
    Column("viewed", BigInteger, nullable=False),
)

totals = Table(
    "totals",
    TABLES,
    # What is counted, and of which kind: a role, a status, a reason.
    Column("name", String, primary_key=True),
    Column("label", String, primary_key=True),
    Column("number", BigInteger, nullable=False),
    Column("billions", BigInteger, nullable=False),
    Column("cents", BigInteger, nullable=False),
)

steps = Table(
    "steps",
    TABLES,
    Column("resolution", String, primary_key=True),
    # Unix time in seconds.
    Column("start", BigInteger, primary_key=True),
    *(Column(metric.name.lower(), BigInteger, nullable=False) for metric in Metric),
    *(Column(billions_of(metric), BigInteger, nullable=False) for metric in AMOUNTS),
)

progress = Table(
    "progress",
    TABLES,
    Column("topic", String, primary_key=True),
    Column("events", BigInteger, nullable=False),
    Column("newest_event_at", BigInteger, nullable=False),
)
