"""What the provider answered becomes true: the payment moves on, and the world hears of it."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from services_stub.contracts.base import Event
from services_stub.contracts.events.payment import PaymentFailed, PaymentRefunded, PaymentSuccess
from services_stub.contracts.money import from_cents
from services_stub.contracts.times import to_microseconds
from services_stub.payment.domain import TRANSITIONS, Fact, Status, Trigger
from services_stub.payment.handlers.jobs import Job, Jobs
from services_stub.payment.store import payments as store
from services_stub.runtime.completions import Completions
from services_stub.runtime.sql.database import Savepoint
from services_stub.runtime.sql.transaction import Transaction

RETRY_AFTER = 0.5
"""Seconds after which the provider is asked again for an answer that the database could not take."""


class Answer(msgspec.Struct, frozen=True):
    """What became of a job. `reason` is the provider's where it declined."""

    job: Job
    trigger: Trigger
    charge_id: str = ""
    reason: str = ""


class Settlement:
    """The answers of one round as one entry of the writer.

    It has no savepoints, because nothing in it can be refused. If the batch fails, the jobs are done again: asking the
    provider twice is harmless.
    """

    def __init__(self, answers: Sequence[Answer], jobs: Jobs) -> None:
        self._answers, self._jobs = answers, jobs
        self._follow_ups: list[Job] = []

    def apply(self, transaction: Transaction, savepoint: Savepoint) -> None:
        """Settle every answer."""
        del savepoint
        self._follow_ups = []
        for answer in self._answers:
            transaction.begin_item(answer.job.cause)
            follow_up = settle(transaction, answer)
            if follow_up is not None:
                self._follow_ups.append(follow_up)

    def committed(self, completions: Completions) -> None:
        """Go on with what the answers lead to."""
        del completions
        for job in self._follow_ups:
            self._jobs.put(job)

    def failed(self, error: Exception, completions: Completions) -> None:
        """Ask again a little later."""
        del error, completions
        for answer in self._answers:
            self._jobs.put(answer.job, delay=RETRY_AFTER)


def settle(tx: Transaction, answer: Answer) -> Job | None:
    """Move the payment of `answer` and publish what follows; the work that comes next, if any.

    Nearly always the payment still is in the stage in which the job found it, so that is tried first.
    """
    job = answer.job
    settled = _settle(tx, answer, job.status, job.reason)
    if settled is not None:
        return settled.next_job
    row = store.find_payment(tx.connection, job.order_id)
    if row is None:
        return None
    settled = _settle(tx, answer, Status(row.status), row.reason)
    return None if settled is None else settled.next_job


class _Settled(msgspec.Struct, frozen=True):
    next_job: Job | None


def _settle(tx: Transaction, answer: Answer, status: Status, known_reason: str) -> _Settled | None:
    """Settle a payment that is in `stage`; None where it is not, or where the answer does not move it from there."""
    transition = TRANSITIONS.get((status, answer.trigger))
    if transition is None:
        return None
    job = answer.job
    reason = answer.reason or known_reason
    changes = {"status": transition.status, "reason": reason, "updated_at": to_microseconds(tx.now)}
    if answer.charge_id:
        changes["charge_id"] = answer.charge_id
    settled = tx.write(store.SETTLE, {"of_order": job.order_id, "status_before": status, **changes})
    if settled == 0:
        return None
    for fact in transition.facts:
        tx.publish(_event(fact, job, reason), correlation_id=job.order_id)
    if transition.work is None:
        return _Settled(None)
    return _Settled(msgspec.structs.replace(job, work=transition.work, status=transition.status, reason=reason))


def _event(fact: Fact, job: Job, reason: str) -> Event:
    order_id, payment_id, user_id, currency = job.order_id, job.payment_id, job.user_id, job.currency
    amount = from_cents(job.amount)
    match fact:
        case Fact.SUCCESS:
            return PaymentSuccess(
                order_id=order_id, payment_id=payment_id, amount=amount, user_id=user_id, currency=currency
            )
        case Fact.FAILED:
            return PaymentFailed(
                order_id=order_id,
                reason=reason,
                payment_id=payment_id,
                user_id=user_id,
                amount=amount,
                currency=currency,
            )
        case Fact.REFUNDED:
            return PaymentRefunded(
                order_id=order_id,
                payment_id=payment_id,
                amount=amount,
                reason=reason,
                user_id=user_id,
                currency=currency,
            )
