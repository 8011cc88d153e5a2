"""The provider's answers are written: the payment takes its next status, and events tell of it."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from services_stub.contracts.base import Event
from services_stub.contracts.events.payment import PaymentFailed, PaymentRefunded, PaymentSuccess
from services_stub.contracts.money import from_cents
from services_stub.contracts.times import to_microseconds
from services_stub.payment.domain import REQUESTS, TRANSITIONS, Effect, Status, Trigger
from services_stub.payment.handlers.jobs import Job
from services_stub.payment.store import payments as store
from services_stub.runtime.sql.transaction import Transaction


class Answer(msgspec.Struct, frozen=True):
    """The provider's answer to a job. `reason` is the provider's where it declined."""

    job: Job
    trigger: Trigger
    charge_id: str = ""
    reason: str = ""


def settle_all(tx: Transaction, answers: Sequence[Answer]) -> list[Job]:
    """Settle the answers of one round; the jobs of the requests that they lead to."""
    return [follow_up for answer in answers if (follow_up := settle(tx, answer)) is not None]


def settle(tx: Transaction, answer: Answer) -> Job | None:
    """Apply the transition that `answer` triggers; the job of the next request, if there is one.

    Nearly always the payment still has the status in which the job found it, so that is tried first.
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
    """Settle a payment that is in `status`; None where it is not, or where the answer triggers nothing there."""
    transition = TRANSITIONS.get((status, answer.trigger))
    if transition is None:
        return None
    job = answer.job
    reason = answer.reason or known_reason
    changes = {"status": transition.status, "reason": reason, "updated_at": to_microseconds(tx.now)}
    if answer.charge_id:
        changes["charge_id"] = answer.charge_id
    if not store.update_payment_in_status(tx, job.order_id, status, changes):
        return None
    next_job = None
    for effect in transition.effects:
        if effect in REQUESTS:
            next_job = msgspec.structs.replace(
                job,
                request=effect,
                status=transition.status,
                charge_id=answer.charge_id or job.charge_id,
                reason=reason,
            )
        else:
            tx.publish(_event(effect, job, reason), correlation_id=job.order_id, cause=job.cause)
    return _Settled(next_job)


def _event(effect: Effect, job: Job, reason: str) -> Event:
    order_id, payment_id, user_id, currency = job.order_id, job.payment_id, job.user_id, job.currency
    amount = from_cents(job.amount)
    match effect:
        case Effect.PUBLISH_SUCCESS:
            return PaymentSuccess(
                order_id=order_id, payment_id=payment_id, amount=amount, user_id=user_id, currency=currency
            )
        case Effect.PUBLISH_FAILED:
            return PaymentFailed(
                order_id=order_id,
                reason=reason,
                payment_id=payment_id,
                user_id=user_id,
                amount=amount,
                currency=currency,
            )
        case Effect.PUBLISH_REFUNDED:
            return PaymentRefunded(
                order_id=order_id,
                payment_id=payment_id,
                amount=amount,
                reason=reason,
                user_id=user_id,
                currency=currency,
            )
        case _:
            raise ValueError(f"{effect} publishes nothing")
