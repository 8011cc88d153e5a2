"""Handlers of the order service's events: a new order is charged, and its parts that end are not, or are refunded.

An order has a part for each seller. An update without parts is about the whole order.
"""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

from services_stub.contracts.events.order import OrderCreated, OrderStatus, OrderUpdated
from services_stub.contracts.money import to_cents
from services_stub.contracts.times import to_microseconds
from services_stub.payment.domain import CHARGING, TRANSITIONS, Effect, Status, Trigger
from services_stub.payment.handlers.jobs import Job, Jobs
from services_stub.payment.store import payments as store
from services_stub.payment.store import refunds
from services_stub.runtime.errors import Refused
from services_stub.runtime.identifiers import new_id
from services_stub.runtime.sql.transaction import Received, Transaction

ENDED = frozenset({OrderStatus.CANCELLED, OrderStatus.FAILED, OrderStatus.REFUNDING})
"""A part that comes to one of these keeps no money; no other change concerns the payment."""


class EndedPart(NamedTuple):
    """A part of an order that keeps no money, of `amount` cents. Without a seller it is all that is left."""

    seller_id: str
    amount: int
    reason: str


def keeps_its_money(event: OrderUpdated) -> bool:
    """Whether an update tells of nothing that has ended."""
    return not any(part.status in ENDED for part in event.parts or (event,))


def on_order_created(jobs: Jobs, tx: Transaction, received: Received[OrderCreated]) -> None:
    """Charge the order, unless it is known already: charged, under way, or ended before it was heard of."""
    event = received.event
    transition = TRANSITIONS[None, Trigger.ORDERED]
    row = _row(tx, received, transition.status, reason="", payment_method=event.payment_method)
    if store.insert_payment(tx, row):
        tx.after_commit(partial(jobs.put, Job.charge(row)))
        return
    known = store.find_payment(tx.connection, event.order_id)
    if known is None or known.payment_method:
        return
    changes: dict[str, str | int] = {"payment_method": event.payment_method}
    late = TRANSITIONS.get((Status(known.status), Trigger.ORDERED))
    if late is not None:
        changes |= {name: row[name] for name in ("caused_by", "traceparent", "reason")} | {"status": late.status}
        tx.after_commit(partial(jobs.put, Job.charge({**known._mapping, **changes})))
    store.update_payment(tx, event.order_id, changes)


def on_order_updated(jobs: Jobs, tx: Transaction, received: Received[OrderUpdated]) -> None:
    """The parts that have ended keep no money: they are not charged any more, or refunded, each once.

    Raises:
        Refused: the amounts of the parts do not add up to the order's, or the order was placed with another amount.
    """
    event = received.event
    row = store.find_payment(tx.connection, event.order_id)
    before = None if row is None else Status(row.status)
    trigger = Trigger.ENDED if _has_ended(event) else Trigger.PART_ENDED
    transition = TRANSITIONS.get((before, trigger))
    if transition is None:
        return
    _refuse_other_amounts(event, None if row is None else row.amount)
    new = {part.seller_id for part in _ended_parts(tx, event) if _add_refund(tx, received, part)}
    if row is None:
        store.insert_payment(tx, _row(tx, received, transition.status, reason=event.reason, payment_method=""))
        return
    cause = received.envelope.cause()
    changes: dict[str, str | int] = {"status": transition.status, "updated_at": to_microseconds(tx.now)}
    if trigger is Trigger.ENDED:
        changes |= {"reason": event.reason, "caused_by": cause.causation_id, "traceparent": cause.traceparent}
    store.update_payment(tx, event.order_id, changes)
    if Effect.REQUEST_REFUNDS in transition.effects:
        for refund in refunds.open_refunds(tx.connection, event.order_id):
            # The refunds of a charge that is known were asked for when they were noted.
            if before in CHARGING or refund.seller_id in new:
                tx.after_commit(partial(jobs.put, Job.refund(refund._mapping)))


def _has_ended(event: OrderUpdated) -> bool:
    ended = ENDED | {OrderStatus.REFUNDED}
    return all(part.status in ended for part in event.parts or (event,))


def _ended_parts(tx: Transaction, event: OrderUpdated) -> list[EndedPart]:
    if event.parts:
        return [
            EndedPart(part.seller_id, to_cents(part.amount), part.reason or event.reason)
            for part in event.parts
            if part.status in ENDED
        ]
    known = refunds.of_order(tx.connection, event.order_id)
    left = to_cents(event.amount) - sum(refund.amount for refund in known)
    return [EndedPart("", left, event.reason)] if left > 0 or not known else []


def _refuse_other_amounts(event: OrderUpdated, charged: int | None) -> None:
    """Refunds must add up to no more than was charged."""
    whole = to_cents(event.amount)
    parts = {part.seller_id: to_cents(part.amount) for part in event.parts}
    add_up = not event.parts or (len(parts) == len(event.parts) and sum(parts.values()) == whole)
    if not add_up or charged not in (None, whole):
        raise Refused(409, "amount-differs", "the parts of an order must add up to the amount that it was placed with")


def _add_refund(tx: Transaction, received: Received[OrderUpdated], part: EndedPart) -> bool:
    cause = received.envelope.cause()
    row = {
        "order_id": received.event.order_id,
        "seller_id": part.seller_id,
        "amount": part.amount,
        "reason": part.reason,
        "caused_by": cause.causation_id,
        "traceparent": cause.traceparent,
        "created_at": to_microseconds(tx.now),
    }
    return refunds.add(tx, row)


def _row(
    tx: Transaction,
    received: Received[OrderCreated] | Received[OrderUpdated],
    status: Status,
    *,
    reason: str,
    payment_method: str,
) -> dict[str, str | int]:
    event, cause = received.event, received.envelope.cause()
    now = to_microseconds(tx.now)
    return {
        "order_id": event.order_id,
        "payment_id": new_id(),
        "user_id": event.user_id,
        "status": status,
        "reason": reason,
        "amount": to_cents(event.amount),
        "currency": event.currency,
        "payment_method": payment_method,
        "charge_id": "",
        "caused_by": cause.causation_id,
        "traceparent": cause.traceparent,
        "created_at": now,
        "updated_at": now,
    }
