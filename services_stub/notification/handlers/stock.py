"""Handler of the seller service's events."""

from __future__ import annotations

from services_stub.contracts.events.seller import StockLow
from services_stub.notification.domain import templates
from services_stub.notification.handlers.notifying import NotificationRequest, Notifier
from services_stub.runtime.service import Outcome
from services_stub.runtime.sql.transaction import Received, Transaction


def on_stock_low(notifier: Notifier, tx: Transaction, received: Received[StockLow]) -> Outcome | None:
    """Tell the seller. Stock can fall again after it was taken in, so each event is an occasion of its own."""
    event = received.event
    template = "sold-out" if event.sold_out else "stock-low"
    request = NotificationRequest(event.seller_id, template, event.product_id, received.envelope.id)
    return notifier.notify(
        tx,
        request,
        name=templates.printable(event.name),
        quantity=str(event.quantity),
        threshold=str(event.threshold),
    )
