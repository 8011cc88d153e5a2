"""The tables. Amounts are whole cents, times whole microseconds of Unix time, in event time."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, MetaData, String, Table, Text

TABLES = MetaData()

CURRENT = 2**62
"""The end of a version that nothing has replaced."""

# A sale is the part of an order that belongs to one seller. Each row is a version of one, and is never changed but for
# its end: what was true at a position, the number of some version, can be read at any later time.
sales = Table(
    "sales",
    TABLES,
    # SQLite counts by itself in a column that is exactly an INTEGER PRIMARY KEY.
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("order_id", String, nullable=False),
    Column("seller_id", String, nullable=False),
    Column("status", String, nullable=False),
    Column("amount_cents", BigInteger, nullable=False),
    Column("units", BigInteger, nullable=False),
    Column("placed_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    # The number of the version that replaced this one, or CURRENT.
    Column("replaced_by", BigInteger, nullable=False),
    Index("sales_of_order", "order_id", "replaced_by"),
    Index("sales_of_seller", "seller_id", "placed_at", "order_id"),
)

# The sums over the current versions by hour and status, kept with every version that is written: a dashboard reads some
# rows for each hour instead of every sale. Amounts are kept in two parts, because no sum of them may exceed 64 bits.
sales_by_hour = Table(
    "sales_by_hour",
    TABLES,
    Column("seller_id", String, primary_key=True),
    # Hours since the beginning of Unix time.
    Column("hour", BigInteger, primary_key=True),
    Column("status", String, primary_key=True),
    Column("sales", BigInteger, nullable=False),
    Column("units", BigInteger, nullable=False),
    Column("billions", BigInteger, nullable=False),
    Column("cents", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

# The same of the items of those that are revenue, by product.
sold_by_hour = Table(
    "sold_by_hour",
    TABLES,
    Column("seller_id", String, primary_key=True),
    Column("hour", BigInteger, primary_key=True),
    Column("product_id", String, primary_key=True),
    Column("name", Text, nullable=False),
    Column("units", BigInteger, nullable=False),
    Column("billions", BigInteger, nullable=False),
    Column("cents", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

items = Table(
    "items",
    TABLES,
    Column("order_id", String, primary_key=True),
    Column("seller_id", String, primary_key=True),
    Column("product_id", String, primary_key=True),
    Column("name", Text, nullable=False),
    Column("units", BigInteger, nullable=False),
    Column("amount_cents", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

# Payments of orders that were not heard of yet: the topics are not ordered against each other.
early_payments = Table(
    "early_payments",
    TABLES,
    Column("order_id", String, primary_key=True),
    # Empty where the payment is about all parts of the order.
    Column("seller_id", String, primary_key=True),
    Column("status", String, primary_key=True),
    # Null where the payment is about the order whatever it costs.
    Column("amount_cents", BigInteger),
)

# How far each topic was read: the time of the newest event.
progress = Table(
    "progress",
    TABLES,
    Column("topic", String, primary_key=True),
    Column("event_at", BigInteger, nullable=False),
)

products = Table(
    "products",
    TABLES,
    Column("product_id", String, primary_key=True),
    # The stock level (`domain.StockLevel`) at the newest version that was heard of.
    Column("level", Integer, nullable=False),
    # A deleted product stays as a row: an event that comes late must find that it is gone.
    Column("deleted", Boolean, nullable=False),
    Column("version", BigInteger, nullable=False),
)

settings = Table(
    "settings",
    TABLES,
    Column("seller_id", String, primary_key=True),
    Column("low_stock_threshold", BigInteger, nullable=False),
)

notices = Table(
    "notices",
    TABLES,
    Column("notice_id", String, primary_key=True),
    Column("seller_id", String, nullable=False),
    Column("product_id", String, nullable=False),
    Column("name", Text, nullable=False),
    Column("quantity", BigInteger, nullable=False),
    Column("threshold", BigInteger, nullable=False),
    Column("sold_out", Boolean, nullable=False),
    Column("read", Boolean, nullable=False),
    Column("happened_at", BigInteger, nullable=False),
    Index("notices_of_seller", "seller_id", "notice_id"),
)
