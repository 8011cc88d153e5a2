"""Carries out the decisions of the table in `fulfilment`: the one way in which a placed order changes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import msgspec

from services_stub.contracts.events.order import OrderPart, OrderStatus, OrderUpdated
from services_stub.contracts.money import from_cents
from services_stub.order.fulfilment import Effect, Transition, Trigger, status_of_order, transition_for
from services_stub.order.store import orders as store
from services_stub.order.store.orders import PlacedOrder
from services_stub.runtime.errors import Refused
from services_stub.runtime.sql.transaction import Transaction


def apply_transitions(
    tx: Transaction,
    order: PlacedOrder,
    triggers: Mapping[str, Trigger],
    *,
    by: str = "",
    reason: str = "",
    note: str = "",
) -> bool:
    """Move the parts of the sellers in `triggers`, each as the table says; whether any was moved.

    `reason` is a more exact one than the table's, `by` who asked for the change; `note` is for the history only.

    Raises:
        Refused: the table moves no part, and refuses all, or rejects one.
    """
    steps = {
        part.seller_id: transition_for(part.status, triggers[part.seller_id])
        for part in order.parts
        if part.seller_id in triggers
    }
    moved = {seller_id: step for seller_id, step in steps.items() if step.effect is Effect.PUBLISHED}
    if not moved:
        _refuse(order, steps)
        return False
    suffix = f"-by-{by}" if by else ""
    changed = [
        msgspec.structs.replace(part, status=step.status, reason=reason or step.reason + suffix)
        for part in order.parts
        if (step := moved.get(part.seller_id)) is not None
    ]
    _save(tx, order, changed, note)
    return True


def find(tx: Transaction, order_id: str) -> PlacedOrder:
    """An order with its parts.

    Raises:
        Refused: there is no such order.
    """
    order = store.find_order(tx.connection, order_id)
    if order is None:
        raise no_such_order()
    return order


def no_such_order() -> Refused:
    """The refusal for an order that does not exist, and for one that is none of the caller's business."""
    return Refused(404, "order-not-found", "there is no such order")


def _save(tx: Transaction, order: PlacedOrder, changed: Sequence[OrderPart], note: str) -> None:
    """Write the changed parts and the status that follows from all, and publish them."""
    row, before = order.row, OrderStatus(order.row.status)
    replaced = {part.seller_id: part for part in changed}
    parts = [replaced.get(part.seller_id, part) for part in order.parts]
    status, reason = status_of_order([part.status for part in parts]), changed[0].reason
    store.update_status(tx, row.order_id, status, row.reason if status is before else reason)
    if len(parts) > 1:
        store.update_parts(tx, row.order_id, changed)
    together = len(changed) == len(parts) and len({(part.status, part.reason) for part in changed}) == 1
    for part in changed[:1] if together else changed:
        why = f"{part.reason}: {note}" if note else part.reason
        store.append_history(tx, row.order_id, part.status, why, "" if together else part.seller_id)
    tx.publish(
        OrderUpdated(
            order_id=row.order_id,
            user_id=row.user_id,
            status=status,
            previous_status=before,
            reason=reason,
            amount=from_cents(row.amount),
            items=order.items,
            currency=row.currency,
            parts=parts,
        ),
        correlation_id=row.order_id,
    )


def _refuse(order: PlacedOrder, steps: Mapping[str, Transition]) -> None:
    """Raise the refusal of a trigger that is refused by every part, or rejected by one."""
    rejected = [step for step in steps.values() if step.effect is Effect.REJECTED]
    refused = [step for step in steps.values() if step.effect is Effect.REFUSED]
    if not rejected and len(refused) < len(steps):
        return
    concerned = [part for part in order.parts if part.seller_id in steps]
    raise Refused(
        409,
        (rejected or refused)[0].reason,
        f"it cannot be done to what is {_listed({part.status for part in concerned})}",
        orderStatus=OrderStatus(order.row.status),
        parts=concerned,
    )


def _listed(statuses: Collection[OrderStatus]) -> str:
    return ", ".join(sorted(statuses))
