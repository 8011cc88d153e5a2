"""The ids of the webhooks that were handled, for longer than any provider repeats one."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import bindparam, delete

from services_stub.contracts.times import to_microseconds
from services_stub.payment.store.tables import webhook_events
from services_stub.runtime.sql.database import InsertOrIgnore
from services_stub.runtime.sql.transaction import Transaction

KEPT_FOR = timedelta(days=7)

_insert = InsertOrIgnore(webhook_events)
_forget = delete(webhook_events).where(webhook_events.c.received_at < bindparam("before"))


def remember(transaction: Transaction, event_id: str) -> bool:
    """Note that an event was received; False where that is known."""
    transaction.execute(_forget, {"before": to_microseconds(transaction.now - KEPT_FOR)})
    row = {"event_id": event_id, "received_at": to_microseconds(transaction.now)}
    return transaction.write(_insert, row) == 1
