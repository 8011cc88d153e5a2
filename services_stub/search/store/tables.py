"""The tables of the index. Amounts are whole cents."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, MetaData, String, Table, Text

from services_stub.runtime.sql.full_text import FullTextIndex

TABLES = MetaData()

products = Table(
    "products",
    TABLES,
    # The full-text index of SQLite knows rows by number.
    Column("number", Integer, primary_key=True),
    Column("product_id", String, nullable=False, unique=True),
    Column("seller_id", String, nullable=False),
    Column("name", Text, nullable=False),
    Column("name_key", Text, nullable=False),
    Column("category", Text, nullable=False),
    Column("category_key", Text, nullable=False),
    Column("description", Text, nullable=False),
    # The words of the name, and those of category and description.
    Column("name_terms", Text, nullable=False),
    Column("text_terms", Text, nullable=False),
    Column("price_cents", BigInteger, nullable=False),
    Column("currency", String, nullable=False),
    Column("quantity", BigInteger, nullable=False),
    Column("buyable", Boolean, nullable=False),
    # A deleted product stays as a row: an event that comes late must find that it is gone.
    Column("deleted", Boolean, nullable=False),
    Column("version", BigInteger, nullable=False),
    Index("products_by_name", "name_key", "product_id"),
    Index("products_by_price", "price_cents", "product_id"),
    Index("products_by_category", "category_key"),
)

full_text = FullTextIndex(products.c.number, products.c.name_terms, products.c.text_terms)

spellings = Table(
    "spellings",
    TABLES,
    # A word, and the word without one of its characters: how a misspelt word is found by equality.
    Column("spelling", String, primary_key=True),
    Column("word", String, primary_key=True),
)
