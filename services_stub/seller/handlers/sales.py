"""The sales follow the orders and their payments, in whatever order the topics are read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from services_stub.contracts.events.order import OrderCreated, OrderItem, OrderUpdated
from services_stub.contracts.events.payment import PaymentFailed, PaymentRefunded, PaymentSuccess
from services_stub.contracts.money import to_cents
from services_stub.runtime.errors import Poison
from services_stub.runtime.sql.transaction import Received, Transaction
from services_stub.seller.domain import PartItem, PaymentFact, later_status, parts_of
from services_stub.seller.handlers.progress import note_progress
from services_stub.seller.store import sales
from services_stub.seller.store.sales import SaleVersion

_FIRST = "PENDING"


def on_order_created(tx: Transaction, received: Received[OrderCreated]) -> None:
    """Add a sale for each seller of the order."""
    event = received.event
    _apply(tx, received, event.order_id, event.items, {})


def on_order_updated(tx: Transaction, received: Received[OrderUpdated]) -> None:
    """Move the sales to the statuses of the parts; without parts, all of them to the status of the order."""
    event = received.event
    if event.parts:
        statuses: Mapping[str, str] = {part.seller_id: part.status for part in event.parts}
    else:
        statuses = {item.seller_id: event.status for item in event.items}
    _apply(tx, received, event.order_id, event.items, statuses)


def on_payment_success(tx: Transaction, received: Received[PaymentSuccess]) -> None:
    """The sales of an order that was charged as a whole are paid."""
    event = received.event
    _apply_payment(tx, received, event.order_id, PaymentFact("PAID", amount_cents=to_cents(event.amount)))


def on_payment_failed(tx: Transaction, received: Received[PaymentFailed]) -> None:
    """The sales of an order that cannot be charged have failed."""
    _apply_payment(tx, received, received.event.order_id, PaymentFact("FAILED"))


def on_payment_refunded(tx: Transaction, received: Received[PaymentRefunded]) -> None:
    """The sale whose money was given back is refunded; where no seller is named, all sales of the order."""
    event = received.event
    amount = None if event.seller_id else to_cents(event.amount)
    _apply_payment(tx, received, event.order_id, PaymentFact("REFUNDED", event.seller_id, amount))


def _apply(
    tx: Transaction,
    received: Received[OrderCreated | OrderUpdated],
    order_id: str,
    items: Sequence[OrderItem],
    statuses: Mapping[str, str],
) -> None:
    at = note_progress(tx, received)
    known = sales.current(tx, order_id)
    if not known:
        _add(tx, at, order_id, items, statuses)
    for sale in known:
        status = later_status(sale.status, statuses.get(sale.seller_id, sale.status))
        # An order is placed when the first event about it says so, whichever comes first here.
        if status != sale.status or at < sale.placed_at:
            changed_at = at if status != sale.status else sale.changed_at
            placed_at = min(at, sale.placed_at)
            sales.replace(tx, sale, status=status, placed_at=placed_at, changed_at=changed_at)


def _add(tx: Transaction, at: int, order_id: str, items: Sequence[OrderItem], statuses: Mapping[str, str]) -> None:
    try:
        parts = parts_of((item.seller_id, _part_item(item)) for item in items)
    except ValueError as error:
        raise Poison(str(error)) from error
    payments = sales.take_early(tx, order_id)
    order_cents = sum(item.amount_cents for part in parts.values() for item in part)
    for seller_id, part in parts.items():
        status = statuses.get(seller_id, _FIRST)
        for payment in payments:
            if payment.concerns(seller_id, order_cents):
                status = later_status(status, payment.status)
        version = SaleVersion(
            order_id=order_id,
            seller_id=seller_id,
            status=status,
            amount_cents=sum(item.amount_cents for item in part),
            units=sum(item.units for item in part),
            placed_at=at,
            changed_at=at,
        )
        sales.add(tx, version, part)


def _part_item(item: OrderItem) -> PartItem:
    return PartItem(item.product_id, item.name, item.quantity, item.quantity * to_cents(item.unit_price))


def _apply_payment(
    tx: Transaction,
    received: Received[PaymentSuccess] | Received[PaymentFailed] | Received[PaymentRefunded],
    order_id: str,
    payment: PaymentFact,
) -> None:
    at = note_progress(tx, received)
    known = sales.current(tx, order_id)
    if not known:
        sales.keep_early(tx, order_id, payment)
    order_cents = sum(sale.amount_cents for sale in known)
    for sale in known:
        status = later_status(sale.status, payment.status)
        if status != sale.status and payment.concerns(sale.seller_id, order_cents):
            sales.replace(tx, sale, status=status, placed_at=sale.placed_at, changed_at=at)
