"""The statements that keep the index of products."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, insert, select, update

from services_stub.runtime.sql.database import InsertOrIgnore
from services_stub.runtime.sql.transaction import Transaction
from services_stub.search.domain import can_correct
from services_stub.search.domain import spellings as spellings_of
from services_stub.search.store.tables import products, spellings

_known = select(products.c.version, products.c.deleted, products.c.name_terms, products.c.text_terms).where(
    products.c.product_id == bindparam("of_product")
)
_insert = insert(products)
_FIELDS = [column.name for column in products.c if column.name not in {"number", "product_id"}]
_update = (
    update(products)
    .where(products.c.product_id == bindparam("of_product"))
    .values({name: bindparam(name) for name in _FIELDS})
)
_insert_spelling = InsertOrIgnore(spellings)


def find(transaction: Transaction, product_id: str) -> Any | None:
    """The `version` of a product in the index, whether it is `deleted`, and its terms; None where it is unknown."""
    rows = transaction.fetch(_known, {"of_product": product_id})
    return rows[0] if rows else None


def add(transaction: Transaction, product_id: str, fields: dict[str, Any]) -> None:
    """Insert a product."""
    transaction.write(_insert, {"product_id": product_id, **fields})


def replace(transaction: Transaction, product_id: str, fields: dict[str, Any]) -> None:
    """Update all fields of a product."""
    transaction.write(_update, {"of_product": product_id, **fields})


def learn(transaction: Transaction, words: set[str]) -> None:
    """Make `words` known, so that they are found misspelt. They stay known when their products are gone."""
    candidates = {word for word in words if can_correct(word)}
    statement = select(spellings.c.word).where(
        spellings.c.spelling == spellings.c.word, spellings.c.word.in_(sorted(candidates))
    )
    unknown = candidates - set(transaction.execute(statement).scalars()) if candidates else candidates
    rows = [{"spelling": spelling, "word": word} for word in sorted(unknown) for spelling in spellings_of(word)]
    if rows:
        transaction.write(_insert_spelling, *rows)
