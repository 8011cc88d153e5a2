"""The index of the texts of products, for the words of a search: which products have the trigrams of these words.

SQLite: FTS5 with its trigram tokenizer, of which only whether a text has a trigram is kept: a text of one sign four
thousand times over is one entry. Triggers keep it, and they run only where a text changes: no purchase changes one.
PostgreSQL: the module pg_trgm, where it is installed; its planner uses the index for LIKE by itself.
Both name candidates alone. The words are looked for in the texts of these, which is all that happens for short words.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import DDL, ColumnElement, Connection, and_, column, event, select, table

from services_stub.product.store.tables import products

_LENGTH = 3
_MOST_TRIGRAMS = 32
"""Of all words of a query: more of them hardly leave fewer candidates."""

_numbers = table("product_numbers", column("number"), column("product_id"))
_trigrams = table("product_trigrams", column("rowid"), column("product_trigrams"))

_NUMBER = "FROM product_numbers WHERE product_id ="
_ADD = f"INSERT INTO product_trigrams (rowid, trigrams) SELECT number, new.search_text {_NUMBER} new.product_id;"
_REMOVE = (
    "INSERT INTO product_trigrams (product_trigrams, rowid, trigrams) "
    f"SELECT 'delete', number, old.search_text {_NUMBER} old.product_id;"
)
_STATEMENTS = (
    # The rows of FTS5 have numbers; those that a table has without a column for them may change in a VACUUM.
    ("sqlite", "CREATE TABLE product_numbers (number INTEGER PRIMARY KEY, product_id VARCHAR NOT NULL UNIQUE)"),
    (
        "sqlite",
        "CREATE VIRTUAL TABLE product_trigrams USING fts5 (trigrams, content='', detail='none', columnsize=0, "
        "tokenize='trigram case_sensitive 1')",
    ),
    (
        "sqlite",
        "CREATE TRIGGER product_added AFTER INSERT ON products BEGIN "
        f"INSERT INTO product_numbers (product_id) VALUES (new.product_id); {_ADD} END",
    ),
    (
        "sqlite",
        "CREATE TRIGGER product_text_changed AFTER UPDATE OF search_text ON products "
        f"WHEN old.search_text <> new.search_text BEGIN {_REMOVE} {_ADD} END",
    ),
    (
        "sqlite",
        f"CREATE TRIGGER product_removed AFTER DELETE ON products BEGIN {_REMOVE} "
        "DELETE FROM product_numbers WHERE product_id = old.product_id; END",
    ),
    # Without the module, or the right to install it, searches are slower, and end with their deadline.
    (
        "postgresql",
        "DO $$ BEGIN CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public; "
        "CREATE INDEX product_trigrams ON products USING gin (search_text public.gin_trgm_ops); "
        "EXCEPTION WHEN OTHERS THEN RAISE WARNING 'no index of texts: %%', SQLERRM; END $$",
    ),
)

for _dialect, _statement in _STATEMENTS:
    event.listen(
        products,
        "after_create",
        DDL(_statement).execute_if(dialect=_dialect),  # type: ignore[no-untyped-call]
    )
for _name in ("product_trigrams", "product_numbers"):
    event.listen(products, "after_drop", DDL(f"DROP TABLE {_name}").execute_if(dialect="sqlite"))  # type: ignore[no-untyped-call]


def containing(connection: Connection, words: Sequence[str]) -> ColumnElement[bool]:
    """The condition that the text of a product contains each of `words`, of which there is at least one."""
    conditions = [products.c.search_text.contains(word, autoescape=True) for word in words]
    wanted = dict.fromkeys(word[at : at + _LENGTH] for word in words for at in range(len(word) - _LENGTH + 1))
    if wanted and connection.dialect.name == "sqlite":
        quoted = " AND ".join('"' + trigram.replace('"', '""') + '"' for trigram in list(wanted)[:_MOST_TRIGRAMS])
        candidates = select(_trigrams.c.rowid).where(_trigrams.c.product_trigrams.op("MATCH")(quoted))
        named = select(_numbers.c.product_id).where(_numbers.c.number.in_(candidates))
        conditions.append(products.c.product_id.in_(named))
    return and_(*conditions)
