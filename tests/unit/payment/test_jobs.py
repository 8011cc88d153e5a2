"""The jobs come out when they are due, in that order, and waiting for them ends when it should."""

from __future__ import annotations

import threading

from services_stub.payment.domain import Effect, Status
from services_stub.payment.handlers.jobs import Job, Jobs
from services_stub.runtime.sql.transaction import NO_CAUSE
from tests.unit.payment.payment_harness import Clock


def job(order_id: str) -> Job:
    return Job(
        request=Effect.REQUEST_CHARGE,
        status=Status.PENDING,
        order_id=order_id,
        payment_id="",
        user_id="",
        amount=0,
        currency="USD",
        payment_method="",
        reason="",
        cause=NO_CAUSE,
    )


def taken(jobs: Jobs, most: int = 10) -> list[str]:
    return [scheduled.job.order_id for scheduled in jobs.take(most, 0)]


def test_jobs_come_when_they_are_due_in_order() -> None:
    clock = Clock()
    jobs = Jobs(clock)
    jobs.put(job("late"), delay=2)
    jobs.put(job("first"))
    jobs.put(job("soon"), delay=1)
    jobs.put(job("second"))
    assert taken(jobs, 1) == ["first"]
    assert taken(jobs) == ["second"]
    assert taken(jobs) == []
    clock.now += 2
    assert taken(jobs) == ["soon", "late"]


def test_waiting_ends_with_a_job_a_due_time_and_an_interruption() -> None:
    jobs = Jobs()
    jobs.put(job("soon"), delay=0.02)
    assert [scheduled.job.order_id for scheduled in jobs.take(10, 10)] == ["soon"]
    assert jobs.take(10, 0.01) == []
    threading.Timer(0.01, jobs.put, [job("other")]).start()
    assert [scheduled.job.order_id for scheduled in jobs.take(10, None)] == ["other"]
    threading.Timer(0.01, jobs.interrupt).start()
    assert jobs.take(10, None) == []


def test_an_interruption_is_not_missed_and_holds_once() -> None:
    jobs = Jobs()
    jobs.put(job("o1"))
    jobs.interrupt()
    assert jobs.take(10, None) == []
    assert taken(jobs) == ["o1"]
