"""Carries out the decisions of the table in `fulfilment`: the one way in which a placed order changes."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row

from services_stub.contracts.events.order import OrderStatus, OrderUpdated
from services_stub.contracts.money import from_cents
from services_stub.order import store
from services_stub.order.fulfilment import Effect, Trigger, transition_for
from services_stub.runtime.errors import Refused
from services_stub.runtime.sql.transaction import Transaction


def apply_transition(tx: Transaction, row: Row[Any], trigger: Trigger, *, reason: str = "", note: str = "") -> None:
    """Move the order in `row` as the table says.

    `reason` is a more exact one than the table's; `note` is for the history only.

    Raises:
        Refused: the table refuses or rejects the trigger.
    """
    before = OrderStatus(row.status)
    step = transition_for(before, trigger)
    if step.effect is Effect.REFUSED:
        raise Refused(409, step.reason, f"the order is {before}", orderStatus=before)
    if step.effect is Effect.REJECTED:
        raise Refused(409, step.reason, f"{trigger} cannot be true of an order that is {before}")
    if step.effect is Effect.NOTHING:
        return
    why = reason or step.reason
    store.update_status(tx, row.order_id, step.status, why)
    store.append_history(tx, row.order_id, step.status, f"{why}: {note}" if note else why)
    tx.publish(
        OrderUpdated(
            order_id=row.order_id,
            user_id=row.user_id,
            status=step.status,
            previous_status=before,
            reason=why,
            amount=from_cents(row.amount),
            items=store.items_of(row),
            currency=row.currency,
        ),
        correlation_id=row.order_id,
    )


def find(tx: Transaction, order_id: str) -> Row[Any]:
    """The row of an order.

    Raises:
        Refused: there is no such order.
    """
    row = store.find_order(tx.connection, order_id)
    if row is None:
        raise no_such_order()
    return row


def no_such_order() -> Refused:
    """The refusal for an order that does not exist, and for one that is none of the caller's business."""
    return Refused(404, "order-not-found", "there is no such order")
