"""Stock for orders: held at checkout, all lines or none, and given back where no order comes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from services_stub.contracts.events.order import OrderItem
from services_stub.contracts.http.product import LineProblem, Reservation, Reserve
from services_stub.contracts.money import from_cents
from services_stub.contracts.times import rfc3339
from services_stub.product import domain
from services_stub.product.domain import Offer, RequestedLine, ReservationStatus, status_of
from services_stub.product.store import products, reservations
from services_stub.runtime.errors import Refused
from services_stub.runtime.sql.transaction import Transaction


@dataclass(frozen=True)
class ReserveStock:
    """The order service wants stock held for `seconds`."""

    body: Reserve
    seconds: float


@dataclass(frozen=True)
class SettleOverdue:
    """The order service has told which overdue reservations are orders, and which are not."""

    orders: Sequence[str]
    others: Sequence[str]


def reserve(transaction: Transaction, command: ReserveStock) -> Reservation:
    """Hold every line for the order, or none. An order that has a reservation gets the same again."""
    order_id = command.body.order_id
    wanted = [RequestedLine(line.product_id, line.quantity, line.unit_price) for line in command.body.lines]
    units = domain.totals(wanted)
    found = products.find_several(transaction.connection, units)
    offers = {
        row.product_id: Offer(
            row.quantity,
            from_cents(row.price_cents),
            not row.deleted and status_of(blocked=row.blocked, disabled=row.disabled) == "ACTIVE",
        )
        for row in found.values()
    }
    line_refusals = domain.line_refusals(wanted, offers)
    if line_refusals:
        before = _held_before(transaction, order_id)
        if before is None:
            raise _refusal(line_refusals)
        return before
    lines = [
        OrderItem(
            product_id=line.product_id,
            seller_id=found[line.product_id].seller_id,
            name=found[line.product_id].name,
            quantity=line.quantity,
            unit_price=offers[line.product_id].price,
        )
        for line in wanted
    ]
    expires_at = transaction.now + timedelta(seconds=command.seconds)
    if not reservations.hold(transaction, order_id, expires_at, lines):
        before = _held_before(transaction, order_id)
        if before is not None:
            return before
        reservations.hold_anew(transaction, order_id, expires_at, lines)
    for product_id, count in units.items():
        row = products.move(transaction, product_id, quantity=-count, reserved=count)
        products.publish_updated(transaction, row, correlation_id=order_id)
    return Reservation(order_id=order_id, expires_at=rfc3339(expires_at), lines=lines)


def release(transaction: Transaction, order_id: str) -> None:
    """Give stock back that no order came of. Nothing where nothing is held, or where the order is known to exist."""
    release_stock(transaction, order_id, reservations.expire(transaction, order_id) or ())


def settle_overdue(transaction: Transaction, command: SettleOverdue) -> None:
    """Keep the reservations of orders, and give the stock of the others back."""
    reservations.confirm(transaction, command.orders)
    for order_id in command.others:
        release(transaction, order_id)


def release_stock(transaction: Transaction, order_id: str, lines: Sequence[OrderItem]) -> None:
    """Move the units of `lines` from reserved back to buyable."""
    for product_id, count in units_of(lines).items():
        row = products.move(transaction, product_id, quantity=count, reserved=-count)
        products.publish_updated(transaction, row, correlation_id=order_id)


def units_of(lines: Sequence[OrderItem]) -> dict[str, int]:
    """The units of each product in `lines`."""
    return domain.totals([RequestedLine(line.product_id, line.quantity, line.unit_price) for line in lines])


def _held_before(transaction: Transaction, order_id: str) -> Reservation | None:
    row = reservations.find(transaction.connection, order_id)
    if row is None or row.status == ReservationStatus.EXPIRED:
        return None
    return reservations.reservation_of(row)


def _refusal(line_refusals: Sequence[domain.LineRefusal]) -> Refused:
    lines = [_problem_of(refusal) for refusal in line_refusals]
    detail = "; ".join(f"{line.product_id}: {line.problem}" for line in lines)
    return Refused(409, domain.most_severe(line_refusals), detail, lines=lines)


def _problem_of(refusal: domain.LineRefusal) -> LineProblem:
    wanted, offer = refusal.wanted, refusal.offer
    if offer is None:
        return LineProblem(product_id=wanted.product_id, problem=refusal.code)
    changed = offer.price != wanted.unit_price
    return LineProblem(
        product_id=wanted.product_id,
        problem=refusal.code,
        available=offer.available,
        old_price=wanted.unit_price if changed else None,
        new_price=offer.price if changed else None,
    )
