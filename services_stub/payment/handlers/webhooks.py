"""A webhook prompts payment to ask the provider about the order that it names, and changes nothing by itself."""

from __future__ import annotations

import msgspec

from services_stub.payment.domain import CHARGING, REFUNDING, Effect, Status
from services_stub.payment.handlers.jobs import Job, Jobs
from services_stub.payment.store import payments as store
from services_stub.payment.store import refunds, webhooks
from services_stub.payment.store.webhook_events import remember
from services_stub.runtime.sql.transaction import Transaction


class Webhooks(msgspec.Struct, frozen=True):
    """The parts that the route of a provider's webhooks needs. `provider` is its name."""

    provider: str
    reader: webhooks.WebhookReader
    jobs: Jobs

    def on_event(self, tx: Transaction, event: webhooks.WebhookEvent) -> None:
        """Have the provider asked about the order, once for each event."""
        if not remember(tx, event.event_id):
            return
        for job in jobs_of(tx, event.order_id):
            tx.after_commit(lambda job=job: self.jobs.put(job))  # type: ignore[misc]


def jobs_of(tx: Transaction, order_id: str) -> list[Job]:
    """The requests that find out how an order stands at the provider; none for an order that is not known.

    A charged order is charged once more, which only shows what else was charged for it. From one that failed or was
    never to be charged, all is given back that was taken after all.
    """
    row = store.find_payment(tx.connection, order_id) if order_id else None
    if row is None:
        return []
    status, charge = Status(row.status), Job.charge(row._mapping).again()
    found = [Job.refund(refund._mapping).again() for refund in refunds.open_refunds(tx.connection, order_id)]
    if status in CHARGING or (status is Status.CHARGED and not found):
        return [charge]
    if status in REFUNDING:
        return found
    if status in (Status.FAILED, Status.VOIDED):
        return [msgspec.structs.replace(charge, request=Effect.REQUEST_WHOLE_REFUND, refund_amount=row.amount)]
    return []
