"""Blocked sellers: no order is taken with one; those that are not paid, or were taken all the same, are cancelled."""

from __future__ import annotations

import msgspec

from services_stub.contracts.events.auth import SellerBlocked, SellerUnblocked
from services_stub.contracts.times import moment_of, to_microseconds
from services_stub.order.fulfilment import Trigger
from services_stub.order.handlers.transitions import apply_transitions
from services_stub.order.store import blocks
from services_stub.order.store import orders as store
from services_stub.order.store.orders import PlacedOrder
from services_stub.runtime.errors import Poison
from services_stub.runtime.service import Outcome
from services_stub.runtime.sql.transaction import Received, Transaction


class SetSellerBlock(msgspec.Struct, frozen=True):
    """A seller was blocked, or unblocked, at a time (microseconds since 1970), as the event with this id says."""

    seller_id: str
    blocked: bool
    at: int
    event_id: str


def set_seller_block(tx: Transaction, command: SetSellerBlock) -> list[str] | None:
    """Take no orders with a blocked seller, and cancel those that the block meets; the ids of these.

    None where the event is known: auth tells of it by a request too. Events come in any order, and their times decide:
    a block that is over already concerns the orders that were placed while it held.
    """
    seller_id, at, event_id = command.seller_id, command.at, command.event_id
    if not blocks.record(tx, seller_id, at, event_id, blocked=command.blocked):
        return None
    if not command.blocked:
        return []
    until = blocks.next_change(tx.connection, seller_id, at, event_id)
    met = store.orders_met_by_block(tx.connection, seller_id, at, until)
    return [order.row.order_id for order in met if apply_transitions(tx, order, _triggers(order, seller_id, at))]


def on_seller_blocked(tx: Transaction, received: Received[SellerBlocked]) -> Outcome:
    """Take no more orders with this seller, and cancel those that the block meets."""
    return _on_event(tx, received, received.event.seller_id, blocked=True)


def on_seller_unblocked(tx: Transaction, received: Received[SellerUnblocked]) -> Outcome:
    """Take orders with this seller again."""
    return _on_event(tx, received, received.event.seller_id, blocked=False)


def _on_event(
    tx: Transaction, received: Received[SellerBlocked | SellerUnblocked], seller_id: str, *, blocked: bool
) -> Outcome:
    command = SetSellerBlock(seller_id, blocked, _time_of(received), received.envelope.id)
    return Outcome.DUPLICATE if set_seller_block(tx, command) is None else Outcome.HANDLED


def _triggers(order: PlacedOrder, seller_id: str, at: int) -> dict[str, Trigger]:
    if order.row.created_at < at:
        return {part.seller_id: Trigger.SELLER_BLOCKED for part in order.parts}
    others = {part.seller_id: Trigger.OTHER_SELLER_WAS_BLOCKED for part in order.parts}
    return {**others, seller_id: Trigger.SELLER_WAS_BLOCKED}


def _time_of(received: Received[SellerBlocked | SellerUnblocked]) -> int:
    try:
        return to_microseconds(moment_of(received.envelope.time))
    except ValueError as error:
        raise Poison(f"ce_time is {received.envelope.time!r}, which is no time") from error
