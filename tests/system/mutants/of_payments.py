"""Mutants of the payment service: money that is taken twice, kept, given back too often, or told wrongly."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from services_stub.contracts.base import Event
from services_stub.contracts.events import PaymentSuccess
from services_stub.contracts.events.order import OrderStatus
from services_stub.contracts.money import CENT
from services_stub.payment.domain import TRANSITIONS, Effect, Status, Transition, Trigger
from services_stub.payment.handlers import orders, settling
from services_stub.payment.handlers.charging import ChargeWorker
from services_stub.payment.handlers.jobs import Job, Jobs
from services_stub.payment.handlers.orders import EndedPart
from simulator.auditor.checks import Check
from tests.system.mutants.mutant import mutant
from tests.system.mutants.patching import every, put, replace

_PENDING_CHARGED = (Status.PENDING, Trigger.CHARGED)


def ended_parts(change: Callable[[list[EndedPart]], list[EndedPart]]) -> None:
    """The parts of an order that are given back are others than those that have ended."""
    found = orders._ended_parts
    replace(orders, "_ended_parts", lambda tx, event: change(found(tx, event)))


def success_as(change: Callable[[PaymentSuccess, Job], PaymentSuccess]) -> None:
    """A payment-success says something else than it should."""
    made = settling._event

    def otherwise(effect: Effect, job: Job, reason: str) -> Event:
        event = made(effect, job, reason)
        return change(event, job) if isinstance(event, PaymentSuccess) else event

    replace(settling, "_event", otherwise)


@mutant("payment", Check.DOUBLE_CHARGE)
def charge_is_told_twice() -> None:
    """An order is charged twice: the request to the provider has no idempotency key, and each charge is an event."""
    put(TRANSITIONS, _PENDING_CHARGED, Transition(Status.CHARGED, (Effect.PUBLISH_SUCCESS, Effect.PUBLISH_SUCCESS)))


@mutant("payment", Check.PAID_AND_DECLINED)
def charge_is_told_as_declined_too() -> None:
    """A charge that went through is told as one that was declined as well."""
    put(TRANSITIONS, _PENDING_CHARGED, Transition(Status.CHARGED, (Effect.PUBLISH_SUCCESS, Effect.PUBLISH_FAILED)))


@mutant("payment", Check.CHARGE_WITHOUT_ORDER, Check.STUCK_ORDER)
def charge_names_another_order() -> None:
    """Every sixth payment-success has the id of the payment where that of the order belongs."""
    due = every(6)
    success_as(lambda event, job: msgspec.structs.replace(event, order_id=job.payment_id) if due() else event)


@mutant("payment", Check.WRONG_AMOUNT, Check.STUCK_ORDER)
def charge_is_a_cent_too_high() -> None:
    """Every sixth order is charged a cent more than it costs."""
    due = every(6)
    success_as(lambda event, _job: msgspec.structs.replace(event, amount=event.amount + CENT) if due() else event)


@mutant("payment", Check.STUCK_ORDER)
def charge_is_not_asked_for() -> None:
    """Every tenth order is written down, and the provider is never asked."""
    add, due = Jobs.put, every(10)

    def put_some(self: Jobs, job: Job, **options: Any) -> None:
        if job.request is not Effect.REQUEST_CHARGE or not due():
            add(self, job, **options)

    replace(Jobs, "put", put_some)


@mutant("payment", Check.MISSING_REFUND)
def refund_is_forgotten() -> None:
    """The money of an order that is cancelled stays where it is."""
    replace(orders, "ENDED", frozenset({OrderStatus.FAILED}))


@mutant("payment", Check.MISSING_REFUND)
def refund_of_the_other_parts_is_forgotten() -> None:
    """Of an order of several sellers only the first part is given back, also when the rest is told of again."""
    found = orders._ended_parts
    replace(
        orders,
        "_ended_parts",
        lambda tx, event: [part for part in found(tx, event) if part.seller_id == event.parts[0].seller_id],
    )


@mutant("payment", Check.MISSING_REFUND, Check.STUCK_ORDER)
def refund_is_a_cent_too_low() -> None:
    """A cent less is given back than the part costs."""
    ended_parts(lambda parts: [part._replace(amount=part.amount - 1) for part in parts])


@mutant("payment", Check.MONEY_BALANCE)
def refund_is_told_twice() -> None:
    """The last refund of an order is published twice, as if it had been given twice."""
    twice = Transition(Status.REFUNDED, (Effect.PUBLISH_REFUNDED, Effect.PUBLISH_REFUNDED))
    put(TRANSITIONS, (Status.CHARGED, Trigger.REFUNDED), twice)


@mutant("payment", Check.MONEY_BALANCE)
def shipped_parts_are_refunded() -> None:
    """The money of what is shipped goes back, as if it had been cancelled."""
    replace(orders, "ENDED", orders.ENDED | {OrderStatus.SHIPPED})


@mutant("payment", Check.STUCK_ORDER, faults="delay:provider=1s@2s+4s kill:payment@4s")
def open_charges_are_lost_by_a_crash() -> None:
    """Charges that the provider has not answered are not asked for again after a crash."""
    replace(ChargeWorker, "recover", lambda _self: None)
