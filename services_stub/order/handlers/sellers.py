"""Blocked sellers: no order is taken with one, and those that are not paid yet are cancelled."""

from __future__ import annotations

from datetime import UTC, datetime

from services_stub.contracts.base import Event
from services_stub.contracts.events.auth import SellerBlocked, SellerUnblocked
from services_stub.contracts.times import to_microseconds
from services_stub.order import store
from services_stub.order.fulfilment import Trigger
from services_stub.order.handlers.transitions import apply_transition
from services_stub.runtime.errors import Poison
from services_stub.runtime.service import Outcome
from services_stub.runtime.sql.transaction import Received, Transaction


def on_seller_blocked(tx: Transaction, received: Received[SellerBlocked]) -> Outcome:
    """Take no more orders with this seller, and cancel those that are not paid."""
    seller_id = received.event.seller_id
    if not _set_block(tx, received, seller_id, blocked=True):
        return Outcome.REJECTED
    for row in store.pending_of_seller(tx.connection, seller_id):
        apply_transition(tx, row, Trigger.SELLER_BLOCKED)
    return Outcome.HANDLED


def on_seller_unblocked(tx: Transaction, received: Received[SellerUnblocked]) -> Outcome:
    """Take orders with this seller again."""
    newest = _set_block(tx, received, received.event.seller_id, blocked=False)
    return Outcome.HANDLED if newest else Outcome.REJECTED


def _set_block(tx: Transaction, received: Received[Event], seller_id: str, *, blocked: bool) -> bool:
    """Keep whether the seller is blocked; False where a later event has said so already.

    The two topics are not ordered against each other, so the time of the event decides.
    """
    return store.set_block(tx, seller_id, blocked=blocked, since=_time_of(received))


def _time_of(received: Received[Event]) -> int:
    try:
        return to_microseconds(datetime.fromisoformat(received.envelope.time).astimezone(UTC))
    except (ValueError, OverflowError) as error:
        raise Poison(f"ce_time is {received.envelope.time!r}, which is no time") from error
