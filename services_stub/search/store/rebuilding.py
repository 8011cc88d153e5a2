"""The steps of a rebuild as commands: begin, fill, count, swap, and give up. Each is one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import msgspec
from sqlalchemy import exists, func, select

from services_stub.runtime.errors import Refused
from services_stub.runtime.sql.transaction import Transaction
from services_stub.search.store.changes import Change, fill_index
from services_stub.search.store.state import find_state, save_state
from services_stub.search.store.tables import INDEXES


class Fill(msgspec.Struct, frozen=True):
    """Changes for the index that is being built."""

    place: int
    changes: Sequence[Change]


class Counted(NamedTuple):
    """The products of the index that is being built, deleted ones too, and those that the other one has besides."""

    products: int
    only_in_old: int


def begin(tx: Transaction, _nothing: None) -> int:
    """Begin to build the inactive index; its place. From now on it follows changes, too."""
    state = find_state(tx.connection)
    INDEXES[state.inactive].clear(tx.connection)
    save_state(tx, replace(state, building=state.inactive))
    return state.inactive


def fill(tx: Transaction, command: Fill) -> None:
    """Let the index that is being built follow changes.

    Raises:
        Refused: it is not being built any more.
    """
    if find_state(tx.connection).building != command.place:
        raise Refused(409, "rebuild-ended", "the index is not being built any more")
    fill_index(tx, INDEXES[command.place], command.changes)


def count(tx: Transaction, place: int) -> Counted:
    """Compare the index that is being built with the other one."""
    new, old = INDEXES[place].products, INDEXES[1 - place].products
    besides = ~exists().where(new.c.number == old.c.number)
    return Counted(
        tx.execute(select(func.count()).select_from(new)).scalar_one(),
        tx.execute(select(func.count()).select_from(old).where(besides)).scalar_one(),
    )


def swap(tx: Transaction, place: int) -> int:
    """Let the index that was built answer from now on; the number of its products that can be bought.

    Raises:
        Refused: it is not being built any more.
    """
    state = find_state(tx.connection)
    if state.building != place:
        raise Refused(409, "rebuild-ended", "the index is not being built any more")
    versions = {"texts_version": state.texts_version + 1, "facets_version": state.facets_version + 1}
    save_state(tx, replace(state, active=place, building=None, **versions))
    products = INDEXES[place].products
    buyable = select(func.count()).select_from(products).where(products.c.buyable.is_(True))
    return int(tx.execute(buyable).scalar_one())


def abandon(tx: Transaction, _nothing: None) -> None:
    """Empty the inactive index, and let it follow changes no more."""
    state = find_state(tx.connection)
    inactive = INDEXES[state.inactive]
    if tx.execute(select(inactive.products.c.number).limit(1)).first() is not None:
        inactive.clear(tx.connection)
    if state.building is not None:
        save_state(tx, replace(state, building=None))
