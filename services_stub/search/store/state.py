"""Which of the two indexes answers, and which is being built."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, select, update

from services_stub.runtime.sql.database import InsertOrIgnore
from services_stub.runtime.sql.prepared import fetch
from services_stub.runtime.sql.transaction import Transaction
from services_stub.search.store.tables import INDEXES, ProductIndex, state

_FIRST = {"id": 1, "active": 0, "building": None, "texts_version": 0, "facets_version": 0}

_select = select(state.c.active, state.c.building, state.c.texts_version, state.c.facets_version)
_insert = InsertOrIgnore(state)
_update = update(state).where(state.c.id == bindparam("row")).values({n: bindparam(n) for n in _FIRST if n != "id"})


@dataclass(frozen=True)
class IndexState:
    """The places of the indexes in `INDEXES`, and the versions of what they hold."""

    active: int = 0
    building: int | None = None
    texts_version: int = 0
    facets_version: int = 0

    @property
    def answering(self) -> ProductIndex:
        """The index that answers."""
        return INDEXES[self.active]

    @property
    def inactive(self) -> int:
        """The place of the index that does not answer."""
        return 1 - self.active

    @property
    def followers(self) -> tuple[ProductIndex, ...]:
        """The indexes that hear of changes."""
        return (self.answering,) if self.building is None else (self.answering, INDEXES[self.building])


def find_state(connection: Connection) -> IndexState:
    """The state, as the connection's snapshot has it."""
    rows = fetch(connection, _select, {})
    return IndexState(*rows[0]) if rows else IndexState()


def save_state(transaction: Transaction, new: IndexState) -> None:
    """Keep the state."""
    transaction.write(_insert, _FIRST)
    values = {"active": new.active, "building": new.building}
    versions = {"texts_version": new.texts_version, "facets_version": new.facets_version}
    transaction.write(_update, {"row": 1, **values, **versions})
