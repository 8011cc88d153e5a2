"""Sellers change many of their products at once: all lines are carried out, or none."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from msgspec import UNSET
from sqlalchemy import Row

from services_stub.contracts.encoding import encode_json
from services_stub.contracts.http.bulk import (
    MOST_UNITS,
    BulkChange,
    BulkLine,
    BulkProblem,
    ChangePrices,
    IntakeLine,
    PriceLine,
    TakeInStock,
)
from services_stub.contracts.money import from_cents, to_cents
from services_stub.product.handlers.products import refuse_blocked
from services_stub.product.store import intakes, products
from services_stub.runtime.errors import Refused
from services_stub.runtime.sql.transaction import Transaction


@dataclass(frozen=True)
class ChangeAllPrices:
    """A seller changes the prices of several products."""

    seller_id: str
    body: ChangePrices


@dataclass(frozen=True)
class TakeIn:
    """Goods came in at a seller's. The key may be empty for a dry run."""

    seller_id: str
    key: str
    body: TakeInStock


@dataclass(frozen=True)
class _Plan:
    """A product, and the price and buyable units that it gets."""

    row: Row[Any]
    price_cents: int
    quantity: int

    @property
    def differs(self) -> bool:
        return (self.price_cents, self.quantity) != (self.row.price_cents, self.row.quantity)


def change_prices(transaction: Transaction, command: ChangeAllPrices) -> BulkChange:
    """Set the prices of products."""
    refuse_blocked(transaction, command.seller_id)
    lines = command.body.lines
    rows = _rows_of(transaction, command.seller_id, lines)
    plans = [_Plan(row, to_cents(line.price), row.quantity) for line, row in zip(lines, rows, strict=True)]
    return _carry_out(transaction, plans, dry_run=command.body.dry_run)


def take_in_stock(transaction: Transaction, command: TakeIn) -> BulkChange:
    """Add units to the stock of products, once for each key."""
    body, seller_id, key = command.body, command.seller_id, command.key
    fingerprint = hashlib.sha256(encode_json(body)).hexdigest()
    before = None if body.dry_run else intakes.find(transaction, seller_id, key)
    if before is not None:
        if before.fingerprint != fingerprint:
            raise Refused(422, "idempotency-key-reused", "this `Idempotency-Key` belongs to another request of yours")
        return intakes.answer_of(before)
    refuse_blocked(transaction, seller_id)
    rows = _rows_of(transaction, seller_id, body.lines)
    plans = [_Plan(row, row.price_cents, row.quantity + line.units) for line, row in zip(body.lines, rows, strict=True)]
    answer = _carry_out(transaction, plans, dry_run=body.dry_run)
    if not body.dry_run:
        intakes.add(transaction, seller_id, key, fingerprint, answer)
    return answer


def _carry_out(transaction: Transaction, plans: Sequence[_Plan], *, dry_run: bool) -> BulkChange:
    """Change the products that differ, in order, and answer with all of them."""
    # All events of one request are one flow.
    flow = transaction.cause.correlation_id or transaction.cause.causation_id
    for plan in plans if not dry_run else ():
        if plan.differs:
            changed = products.set_price_and_quantity(
                transaction, plan.row, price_cents=plan.price_cents, quantity=plan.quantity
            )
            products.publish_updated(transaction, changed, correlation_id=flow)
    return BulkChange(dry_run=dry_run, lines=[_line_of(plan) for plan in plans])


def _rows_of(transaction: Transaction, seller_id: str, lines: Sequence[PriceLine | IntakeLine]) -> list[Row[Any]]:
    """The products of the lines, if every line can be carried out."""
    found = products.find_several(transaction.connection, [line.product_id for line in lines])
    problems = [
        problem
        for place, line in enumerate(lines)
        if (problem := _problem_of(place, line, found.get(line.product_id), seller_id)) is not None
    ]
    if problems:
        detail = f"{len(problems)} of {len(lines)} lines cannot be carried out, so none was; `lines` says which"
        raise Refused(409, "lines-refused", detail, lines=problems)
    return [found[line.product_id] for line in lines]


def _problem_of(place: int, line: PriceLine | IntakeLine, row: Row[Any] | None, seller_id: str) -> BulkProblem | None:
    product_id = line.product_id
    if row is None or row.deleted:
        return BulkProblem(line=place, product_id=product_id, problem="product-not-found")
    if row.seller_id != seller_id:
        return BulkProblem(line=place, product_id=product_id, problem="not-your-product")
    if line.version is not UNSET and line.version != row.version:
        return BulkProblem(line=place, product_id=product_id, problem="version-conflict", version=row.version)
    if isinstance(line, IntakeLine) and row.quantity + line.units > MOST_UNITS:
        return BulkProblem(line=place, product_id=product_id, problem="too-much-stock", quantity=row.quantity)
    return None


def _line_of(plan: _Plan) -> BulkLine:
    return BulkLine(
        product_id=plan.row.product_id,
        name=plan.row.name,
        old_price=from_cents(plan.row.price_cents),
        price=from_cents(plan.price_cents),
        old_quantity=plan.row.quantity,
        quantity=plan.quantity,
        version=plan.row.version + int(plan.differs),
    )
