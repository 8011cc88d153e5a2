"""Handlers of the order service's events: a new order is charged, a cancelled one is not, or is refunded."""

from __future__ import annotations

from functools import partial

from services_stub.contracts.events.order import OrderCreated, OrderStatus, OrderUpdated
from services_stub.contracts.money import to_cents
from services_stub.contracts.times import to_microseconds
from services_stub.payment.domain import TRANSITIONS, Status, Trigger
from services_stub.payment.handlers.jobs import Job, Jobs
from services_stub.payment.store import payments as store
from services_stub.runtime.identifiers import new_id
from services_stub.runtime.sql.transaction import Received, Transaction

ENDED = frozenset({OrderStatus.CANCELLED, OrderStatus.FAILED})
"""An order that comes to one of these keeps no money; no other change concerns its payment."""


def on_order_created(jobs: Jobs, tx: Transaction, received: Received[OrderCreated]) -> None:
    """Charge the order, unless it is known already: charged, under way, or cancelled before it was heard of."""
    event = received.event
    transition = TRANSITIONS[None, Trigger.ORDERED]
    row = _row(tx, received, transition.status, reason="", payment_method=event.payment_method)
    if store.insert_payment(tx, row):
        tx.after_commit(partial(jobs.put, Job.of(row)))
    else:
        store.set_payment_method(tx, event.order_id, event.payment_method)


def on_order_updated(jobs: Jobs, tx: Transaction, received: Received[OrderUpdated]) -> None:
    """An order that has ended (`ENDED`) keeps no money: its charge is not made any more, or is refunded."""
    event = received.event
    row = store.find_payment(tx.connection, event.order_id)
    transition = TRANSITIONS.get((None if row is None else Status(row.status), Trigger.CANCELLED))
    if transition is None:
        return
    if row is None:
        store.insert_payment(tx, _row(tx, received, transition.status, reason=event.reason, payment_method=""))
        return
    cause = received.envelope.cause()
    changes = {
        "status": transition.status,
        "reason": event.reason,
        "caused_by": cause.causation_id,
        "traceparent": cause.traceparent,
        "updated_at": to_microseconds(tx.now),
    }
    store.update_payment(tx, event.order_id, changes)
    tx.after_commit(partial(jobs.put, Job.of({**row._mapping, **changes})))


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
