"""Statements on what orders were charged and what was given back."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import bindparam, select

from services_stub.notification.store.tables import charges, refunds
from services_stub.runtime.sql.database import InsertOrIgnore
from services_stub.runtime.sql.transaction import Transaction


class Charge(msgspec.Struct, frozen=True):
    """The charge of an order, which was made once."""

    order_id: str
    user_id: str
    amount: int
    currency: str


class Refund(msgspec.Struct, frozen=True):
    """The amount given back for the part of a seller, or for the whole order where that is empty.

    `position` counts the refunds of an order as they were heard of, from 0.
    """

    order_id: str
    seller_id: str
    position: int
    amount: int
    currency: str
    reason: str


_insert_charge = InsertOrIgnore(charges)
_insert_refund = InsertOrIgnore(refunds)
_charge = select(*(charges.c[name] for name in Charge.__struct_fields__)).where(
    charges.c.order_id == bindparam("order_id")
)
_refunds = (
    select(*(refunds.c[name] for name in Refund.__struct_fields__))
    .where(refunds.c.order_id == bindparam("order_id"))
    .order_by(refunds.c.position)
)


def insert_charge(transaction: Transaction, charge: Charge) -> bool:
    """Keep a charge; False if the order's was known already."""
    return transaction.write(_insert_charge, msgspec.structs.asdict(charge)) == 1


def insert_refund(transaction: Transaction, refund: Refund) -> bool:
    """Keep a refund; False if the part's was known already."""
    return transaction.write(_insert_refund, msgspec.structs.asdict(refund)) == 1


def find_charge(transaction: Transaction, order_id: str) -> Charge | None:
    """The charge of an order, if it is known yet."""
    found: list[Any] = transaction.fetch(_charge, {"order_id": order_id})
    return Charge(*found[0]) if found else None


def refunds_of(transaction: Transaction, order_id: str) -> list[Refund]:
    """The refunds of an order, in the order in which they were heard of."""
    found: list[Any] = transaction.fetch(_refunds, {"order_id": order_id})
    return [Refund(*row) for row in found]
