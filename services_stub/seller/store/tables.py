"""The tables. Times are whole microseconds of Unix time, in event time."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, MetaData, String, Table, Text

TABLES = MetaData()

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
