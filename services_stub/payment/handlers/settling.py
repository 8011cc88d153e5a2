"""What the provider answered becomes true: the payment moves on, and the world hears of it."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from services_stub.contracts.base import Event
from services_stub.contracts.events.payment import PaymentFailed, PaymentRefunded, PaymentSuccess
from services_stub.contracts.money import from_cents
from services_stub.contracts.times import to_microseconds
from services_stub.payment.domain import TRANSITIONS, Fact, Status, Trigger
from services_stub.payment.handlers.jobs import Job
from services_stub.payment.store import payments as store
from services_stub.runtime.sql.transaction import Transaction


class Answer(msgspec.Struct, frozen=True):
    """What became of a job. `reason` is the provider's where it declined."""

    job: Job
    trigger: Trigger
    charge_id: str = ""
    reason: str = ""


def settle_all(tx: Transaction, answers: Sequence[Answer]) -> list[Job]:
    """Settle the answers of one round; the work that they lead to."""
    return [follow_up for answer in answers if (follow_up := settle(tx, answer)) is not None]


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
        tx.publish(_event(fact, job, reason), correlation_id=job.order_id, cause=job.cause)
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
