"""The statements that keep the indexes: many changes of products at once, as one change of the index."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Row, bindparam, insert, select, update

from services_stub.runtime.sql.database import InsertOrIgnore
from services_stub.runtime.sql.transaction import Transaction
from services_stub.search.domain import can_correct
from services_stub.search.domain import spellings as spellings_of
from services_stub.search.store.facets import FacetChanges, Value, values_of
from services_stub.search.store.full_text import Text
from services_stub.search.store.state import find_state, save_state
from services_stub.search.store.tables import INDEXES, ProductIndex, numbers

_MOST_VALUES = 1000
"""The values of one IN, which databases limit."""

_NOTHING: dict[str, Any] = {
    **dict.fromkeys(("name", "name_key", "category", "category_key", "description"), ""),
    **dict.fromkeys(("name_terms", "terms", "currency"), ""),
    "price_cents": 0,
    "quantity": 0,
    "buyable": False,
}
"""The fields of a deleted product: that it is gone is all that is kept of it."""


@dataclass(frozen=True)
class Change:
    """The state of a product in a version; without `fields` it was deleted."""

    product_id: str
    seller_id: str
    version: int
    fields: Mapping[str, Any] | None

    def replaces(self, deleted: bool, version: int) -> bool:
        """Whether it comes after this state: a deleted product stays deleted, and otherwise the version decides."""
        return not deleted and (self.fields is None or self.version > version)

    def row(self) -> dict[str, Any]:
        """The columns of the product."""
        fields = _NOTHING if self.fields is None else self.fields
        return {**fields, "seller_id": self.seller_id, "version": self.version, "deleted": self.fields is None}


def apply_changes(transaction: Transaction, changes: Sequence[Change]) -> None:
    """Let every index that follows changes follow these."""
    _apply(transaction, find_state(transaction.connection).followers, changes)


def fill_index(transaction: Transaction, index: ProductIndex, changes: Sequence[Change]) -> None:
    """Let one index alone follow these changes."""
    _apply(transaction, [index], changes)


def _apply(transaction: Transaction, indexes: Iterable[ProductIndex], changes: Sequence[Change]) -> None:
    latest: dict[str, Change] = {}
    for change in changes:
        known = latest.get(change.product_id)
        if known is None or change.replaces(known.fields is None, known.version):
            latest[change.product_id] = change
    by_number = {number: latest[product_id] for product_id, number in _numbers_of(transaction, latest).items()}
    texts, facets = 0, 0
    for index in indexes:
        texts_changed, facets_changed = _follow(transaction, index, by_number)
        texts, facets = texts + texts_changed, facets + facets_changed
    if texts or facets:
        state = find_state(transaction.connection)
        versions = {"texts_version": state.texts_version + texts, "facets_version": state.facets_version + facets}
        save_state(transaction, replace(state, **versions))


def _follow(transaction: Transaction, index: ProductIndex, changes: Mapping[int, Change]) -> tuple[bool, bool]:
    """Change the rows of one index; whether texts, and whether facets changed."""
    known = _known(transaction, index, changes)
    added, changed, facets, texts = [], [], FacetChanges(index), _Texts()
    labels: dict[str, str] = {}
    for number, change in changes.items():
        old = known.get(number)
        if old is not None and not change.replaces(old.deleted, old.version):
            continue
        row = change.row()
        facets.move(number, _values(old._asdict()) if old is not None else (), _values(row))
        texts.move(number, old, row)
        labels.setdefault(row["category_key"], row["category"])
        if old is None:
            added.append({"number": number, **row})
        else:
            changed.append({"of_number": number, **row})
    if added:
        transaction.write(_inserts[index.place], *added)
    if changed:
        transaction.write(_updates[index.place], *changed)
    return texts.write(transaction, index), facets.write(transaction, labels)


class _Texts:
    """Texts that change, gathered for the full-text indexes."""

    def __init__(self) -> None:
        self._old: dict[str, list[Text]] = {"name_terms": [], "terms": []}
        self._new: dict[str, list[Text]] = {"name_terms": [], "terms": []}

    def move(self, number: int, old: Row[Any] | None, row: Mapping[str, Any]) -> None:
        """A product had the texts of `old`, and has those of `row` now."""
        for name in self._old:
            before = None if old is None else old._mapping[name]
            if row[name] != before:
                self._old[name] += [Text(number, before)] if before else []
                self._new[name] += [Text(number, row[name])] if row[name] else []

    def write(self, transaction: Transaction, index: ProductIndex) -> bool:
        """Write them; whether there was anything to write."""
        index.names.replace(transaction.connection, self._old["name_terms"], self._new["name_terms"])
        index.texts.replace(transaction.connection, self._old["terms"], self._new["terms"])
        _learn(transaction, index, {word for text in self._new["terms"] for word in text.terms.split()})
        return any([*self._old.values(), *self._new.values()])


def _numbers_of(transaction: Transaction, product_ids: Collection[str]) -> dict[str, int]:
    def known() -> dict[str, int]:
        found: dict[str, int] = {}
        for some in _parts(product_ids):
            found.update(map(tuple, transaction.execute(_some_numbers, {"ids": some})))
        return found

    found = known()
    missing = [product_id for product_id in product_ids if product_id not in found]
    if missing:
        transaction.write(_insert_number, *({"product_id": product_id} for product_id in missing))
        found = known()
    return found


_some_numbers = select(numbers.c.product_id, numbers.c.number).where(
    numbers.c.product_id.in_(bindparam("ids", expanding=True))
)
_insert_number = InsertOrIgnore(numbers)
_FACET_FIELDS = ("buyable", "category_key", "seller_id", "price_cents", "quantity")
_KNOWN = (*_FACET_FIELDS, "number", "deleted", "version", "name_terms", "terms")
_some_products = [
    select(*(index.products.c[name] for name in _KNOWN)).where(
        index.products.c.number.in_(bindparam("numbers", expanding=True))
    )
    for index in INDEXES
]
_inserts = [insert(index.products) for index in INDEXES]
_updates = [
    update(index.products)
    .where(index.products.c.number == bindparam("of_number"))
    .values({column.name: bindparam(column.name) for column in index.products.c if column.name != "number"})
    for index in INDEXES
]
_insert_spellings = [InsertOrIgnore(index.spellings) for index in INDEXES]
_known_words = [
    select(index.spellings.c.word).where(
        index.spellings.c.spelling.in_(bindparam("words", expanding=True)),
        index.spellings.c.spelling == index.spellings.c.word,
    )
    for index in INDEXES
]


def _known(transaction: Transaction, index: ProductIndex, wanted: Collection[int]) -> dict[int, Row[Any]]:
    return {
        row.number: row
        for some in _parts(wanted)
        for row in transaction.execute(_some_products[index.place], {"numbers": some})
    }


def _values(row: Mapping[str, Any]) -> frozenset[Value]:
    if not row["buyable"]:
        return frozenset()
    return values_of(
        category_key=row["category_key"],
        seller_id=row["seller_id"],
        price_cents=row["price_cents"],
        quantity=row["quantity"],
    )


def _learn(transaction: Transaction, index: ProductIndex, words: set[str]) -> None:
    """Make `words` known, so that they are found misspelt. They stay known when their products are gone."""
    candidates = {word for word in words if can_correct(word)}
    for some in _parts(sorted(candidates)):
        candidates.difference_update(transaction.execute(_known_words[index.place], {"words": some}).scalars())
    rows = [{"spelling": spelling, "word": word} for word in sorted(candidates) for spelling in spellings_of(word)]
    if rows:
        transaction.write(_insert_spellings[index.place], *rows)


def _parts(values: Collection[Any]) -> Iterable[list[Any]]:
    listed = list(values)
    return (listed[start : start + _MOST_VALUES] for start in range(0, len(listed), _MOST_VALUES))
