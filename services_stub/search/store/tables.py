"""The tables: two indexes of the products, of which one answers while the other is built anew. Amounts are cents."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

from services_stub.search.store.full_text import FullTextIndex

TABLES = MetaData()

state = Table(
    "index_state",
    TABLES,
    Column("id", Integer, primary_key=True, autoincrement=False),
    # The index that answers, and the one that is being built: numbers of `INDEXES`.
    Column("active", Integer, nullable=False),
    Column("building", Integer),
    # They grow with each change of what they name, so that what was read for one value stays right for it.
    Column("texts_version", BigInteger, nullable=False),
    Column("facets_version", BigInteger, nullable=False),
)

numbers = Table(
    "product_numbers",
    TABLES,
    # Both indexes know a product by the same number, so that a page that began in one goes on in the other.
    Column("number", Integer, primary_key=True),
    Column("product_id", String, nullable=False, unique=True),
)


class ProductIndex:
    """The tables of one index."""

    def __init__(self, place: int) -> None:
        self.place = place
        self.products = Table(
            f"products_{place}",
            TABLES,
            Column("number", Integer, primary_key=True, autoincrement=False),
            Column("seller_id", String, nullable=False),
            Column("name", Text, nullable=False),
            Column("name_key", Text, nullable=False),
            Column("category", Text, nullable=False),
            Column("category_key", Text, nullable=False),
            Column("description", Text, nullable=False),
            # The words of the name, and those of all texts.
            Column("name_terms", Text, nullable=False),
            Column("terms", Text, nullable=False),
            Column("price_cents", BigInteger, nullable=False),
            Column("currency", String, nullable=False),
            Column("quantity", BigInteger, nullable=False),
            Column("buyable", Boolean, nullable=False),
            # A deleted product stays as a row: an event that comes late must find that it is gone.
            Column("deleted", Boolean, nullable=False),
            Column("version", BigInteger, nullable=False),
            Index(f"products_{place}_by_name", "name_key", "number"),
            Index(f"products_{place}_by_price", "price_cents", "number"),
        )
        self.names = FullTextIndex(self.products, f"names_{place}")
        self.texts = FullTextIndex(self.products, f"texts_{place}")
        self.spellings = Table(
            f"spellings_{place}",
            TABLES,
            # A word, and the word without one of its characters: how a misspelt word is found by equality.
            Column("spelling", String, primary_key=True),
            Column("word", String, primary_key=True),
        )
        self.facets = Table(
            f"facets_{place}",
            TABLES,
            # The numbers of the products that can be bought and have a value of a facet, as a compressed bitmap.
            Column("facet", String, primary_key=True),
            Column("value", String, primary_key=True),
            # As the first product that had the value spelt it.
            Column("label", Text, nullable=False),
            Column("numbers", LargeBinary, nullable=False),
        )

    def clear(self, connection: Connection) -> None:
        """Empty the index: its tables are made anew, which takes less than deleting their rows."""
        tables = [self.products, self.spellings, self.facets]
        TABLES.drop_all(connection, tables)
        TABLES.create_all(connection, tables)


INDEXES = (ProductIndex(0), ProductIndex(1))
