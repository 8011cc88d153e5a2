"""Statements that keep the sales: versions, items, payments that came early, and how far the topics were read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import bindparam, delete, insert, select, update

from services_stub.runtime.sql.database import InsertOrIgnore
from services_stub.runtime.sql.transaction import Transaction
from services_stub.seller.domain import PartItem, PaymentFact
from services_stub.seller.store import sums
from services_stub.seller.store.tables import CURRENT, early_payments, items, progress, sales

_current = select(sales).where(sales.c.order_id == bindparam("of_order"), sales.c.replaced_by == CURRENT)
_insert = insert(sales).returning(sales.c.number)
_replace = update(sales).where(sales.c.number == bindparam("old")).values(replaced_by=bindparam("new"))
_insert_item = insert(items)
_insert_early = InsertOrIgnore(early_payments)
_early = select(early_payments).where(early_payments.c.order_id == bindparam("of_order"))
_delete_early = delete(early_payments).where(early_payments.c.order_id == bindparam("of_order"))
_note_topic = InsertOrIgnore(progress)
_advance = (
    update(progress)
    .where(progress.c.topic == bindparam("of_topic"), progress.c.event_at < bindparam("at"))
    .values(event_at=bindparam("at"))
)


class SaleVersion(NamedTuple):
    """A sale from one change of it up to the next; times in microseconds of event time."""

    order_id: str
    seller_id: str
    status: str
    amount_cents: int
    units: int
    placed_at: int
    changed_at: int


def current(transaction: Transaction, order_id: str) -> Sequence[Any]:
    """The sales of an order as they are now, one for each seller; none where the order is unknown."""
    return transaction.fetch(_current, {"of_order": order_id})


def add(transaction: Transaction, version: SaleVersion, part: Sequence[PartItem]) -> None:
    """Insert the first version of a sale, and its items."""
    transaction.fetch(_insert, {**version._asdict(), "replaced_by": CURRENT})
    key = {"order_id": version.order_id, "seller_id": version.seller_id}
    transaction.write(_insert_item, *(key | item._asdict() for item in part))
    sums.add(transaction, version)


def replace(transaction: Transaction, before: Any, *, status: str, placed_at: int, changed_at: int) -> None:
    """Insert a further version of a sale, which ends the one `before`."""
    after = SaleVersion(
        order_id=before.order_id,
        seller_id=before.seller_id,
        status=status,
        amount_cents=before.amount_cents,
        units=before.units,
        placed_at=placed_at,
        changed_at=changed_at,
    )
    number = transaction.fetch(_insert, {**after._asdict(), "replaced_by": CURRENT})[0].number
    transaction.write(_replace, {"old": before.number, "new": number})
    sums.replace(transaction, before, after)


def keep_early(transaction: Transaction, order_id: str, fact: PaymentFact) -> None:
    """Keep a payment of an order that is not known yet."""
    row = {
        "order_id": order_id,
        "seller_id": fact.seller_id,
        "status": fact.status,
        "amount_cents": fact.amount_cents,
    }
    transaction.write(_insert_early, row)


def take_early(transaction: Transaction, order_id: str) -> list[PaymentFact]:
    """The payments that came before their order; they are kept no longer."""
    rows = transaction.fetch(_early, {"of_order": order_id})
    if rows:
        transaction.write(_delete_early, {"of_order": order_id})
    return [PaymentFact(row.status, row.seller_id, row.amount_cents) for row in rows]


def note_progress(transaction: Transaction, topic: str, event_at: int) -> None:
    """Note that an event of `topic` was read."""
    if not transaction.write(_advance, {"of_topic": topic, "at": event_at}):
        transaction.write(_note_topic, {"topic": topic, "event_at": event_at})
