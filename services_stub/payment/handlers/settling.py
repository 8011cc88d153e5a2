"""The provider's answers are written: the payment takes its next status, and events tell of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from services_stub.contracts.base import Event
from services_stub.contracts.events.payment import PaymentFailed, PaymentRefunded, PaymentSuccess
from services_stub.contracts.money import from_cents
from services_stub.contracts.times import to_microseconds
from services_stub.payment.domain import TRANSITIONS, Effect, Status, Transition, Trigger
from services_stub.payment.handlers.jobs import Job
from services_stub.payment.store import payments as store
from services_stub.payment.store import refunds
from services_stub.runtime.sql.transaction import Transaction


class Answer(msgspec.Struct, frozen=True):
    """The provider's answer to a job. `reason` is the provider's where it declined."""

    job: Job
    trigger: Trigger
    charge_id: str = ""
    reason: str = ""


def settle_all(tx: Transaction, answers: Sequence[Answer]) -> list[Job]:
    """Settle the answers of one round; the jobs of the requests that they lead to."""
    return [follow_up for answer in answers for follow_up in settle(tx, answer)]


def settle(tx: Transaction, answer: Answer) -> Sequence[Job]:
    """Apply the transition that `answer` triggers; the jobs of the requests that it leads to.

    Nearly always the answer is to a charge, and the payment has the status in which its job found it, so that is tried
    before looking.
    """
    job = answer.job
    is_charge = job.request is Effect.REQUEST_CHARGE
    if is_charge:
        follow_ups = _settle(tx, answer, TRANSITIONS.get((job.status, answer.trigger)), job.status, job.reason)
        if follow_ups is not None:
            return follow_ups
    row = store.find_payment(tx.connection, job.order_id)
    if row is None:
        return ()
    before = Status(row.status)
    trigger = answer.trigger
    if not is_charge and trigger is Trigger.REFUNDED:
        if not refunds.set_refunded(tx, job.order_id, job.seller_id):
            return ()
        done = sum(refund.amount for refund in refunds.of_order(tx.connection, job.order_id) if refund.refunded_at)
        trigger = Trigger.REFUNDED if done >= row.amount else Trigger.PART_REFUNDED
    return _settle(tx, answer, TRANSITIONS.get((before, trigger)), before, row.reason) or ()


def _settle(
    tx: Transaction, answer: Answer, transition: Transition | None, before: Status, known_reason: str
) -> Sequence[Job] | None:
    """Settle a payment that is in `before`; None where it is not, or where the answer triggers nothing there."""
    if transition is None:
        return None
    job = answer.job
    reason = answer.reason or known_reason
    changes = {"status": transition.status, "reason": reason, "updated_at": to_microseconds(tx.now)}
    if answer.charge_id:
        changes["charge_id"] = answer.charge_id
    if not store.update_payment_in_status(tx, job.order_id, before, changes):
        return None
    jobs: Sequence[Job] = ()
    for effect in transition.effects:
        if effect is Effect.REQUEST_REFUNDS:
            jobs = _refund_jobs(tx, job)
        elif effect is Effect.REQUEST_WHOLE_REFUND:
            refunds.drop_all(tx, job.order_id)
            refunds.add(tx, _whole_refund(tx, job, reason))
            jobs = _refund_jobs(tx, job)
        else:
            tx.publish(_event(effect, job, reason), correlation_id=job.order_id, cause=job.cause)
    return jobs


def _refund_jobs(tx: Transaction, job: Job) -> Sequence[Job]:
    found = [Job.refund(row._mapping) for row in refunds.open_refunds(tx.connection, job.order_id)]
    return [refund.again() for refund in found] if job.asked_before else found


def _whole_refund(tx: Transaction, job: Job, reason: str) -> dict[str, Any]:
    return {
        "order_id": job.order_id,
        "seller_id": "",
        "amount": job.amount,
        "reason": reason,
        "caused_by": job.cause.causation_id,
        "traceparent": job.cause.traceparent,
        "created_at": to_microseconds(tx.now),
    }


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
                amount=from_cents(job.refund_amount),
                reason=job.reason,
                user_id=user_id,
                currency=currency,
                seller_id=job.seller_id,
            )
        case _:
            raise ValueError(f"{effect} publishes nothing")
