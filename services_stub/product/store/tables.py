"""The tables. Amounts are whole cents, times whole microseconds of Unix time."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, MetaData, String, Table, Text

TABLES = MetaData()

products = Table(
    "products",
    TABLES,
    Column("product_id", String, primary_key=True),
    Column("seller_id", String, nullable=False),
    Column("name", Text, nullable=False),
    Column("name_key", Text, nullable=False),
    Column("category", Text, nullable=False),
    Column("category_key", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("search_text", Text, nullable=False),
    Column("price_cents", BigInteger, nullable=False),
    Column("currency", String, nullable=False),
    Column("quantity", BigInteger, nullable=False),
    Column("reserved", BigInteger, nullable=False),
    # Two flags, because the admin's block of a product and the block of its seller end apart from each other.
    Column("blocked", Boolean, nullable=False),
    Column("disabled", Boolean, nullable=False),
    Column("deleted", Boolean, nullable=False),
    Column("version", BigInteger, nullable=False),
    # The number of its newest change among those of its seller's products; stock that moves is none.
    Column("seller_sequence", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    # No index holds a column that a reservation changes: the hot path writes to the table alone.
    Index("products_by_seller", "seller_id", "product_id"),
    Index("products_by_name", "name_key", "product_id"),
    Index("products_by_price", "price_cents", "product_id"),
    Index("products_by_category", "category_key", "product_id"),
)

reservations = Table(
    "reservations",
    TABLES,
    Column("order_id", String, primary_key=True),
    Column("status", String, nullable=False),
    # Null once the order is known to exist: from then on only the order's end ends the reservation.
    Column("expires_at", BigInteger),
    Column("lines", Text, nullable=False),
    # The status of each seller's lines, as JSON, where they went different ways; null where all have that of the row.
    Column("parts", Text),
    Index("reservations_by_expiry", "expires_at"),
)

sellers = Table(
    "sellers",
    TABLES,
    Column("seller_id", String, primary_key=True),
    Column("blocked", Boolean, nullable=False),
    # The time and id of the newest event about the seller: blocked and unblocked come on two topics, in any order.
    Column("told_at", String, nullable=False),
    Column("told_by", String, nullable=False),
)

intakes = Table(
    "intakes",
    TABLES,
    Column("seller_id", String, primary_key=True),
    Column("intake_key", String, primary_key=True),
    # Tells a repeated request from another one under the same key.
    Column("fingerprint", String, nullable=False),
    # The body of the answer, as JSON.
    Column("answer", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Index("intakes_by_age", "created_at"),
)

seller_sequences = Table(
    "seller_sequences",
    TABLES,
    Column("seller_id", String, primary_key=True),
    Column("last", BigInteger, nullable=False),
)
