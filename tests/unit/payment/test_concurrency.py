"""Charges on several threads: bounded and fair, and those of one order never overlap."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import msgspec

from services_stub.contracts.envelope import Cause
from services_stub.payment.domain import Charged, ChargeRequest, ChargeResult, Effect, RefundRequest, Status, Taken
from services_stub.payment.handlers.charging import ChargeWorker, find_open
from services_stub.payment.handlers.jobs import Job, Jobs
from services_stub.payment.handlers.settling import Answer
from services_stub.payment.handlers.threads import SPARE
from tests.unit.payment.payment_harness import created, payment_harness
from tests.unit.payment.test_jobs import job
from tests.waiting import wait_for


class HeldProvider:
    """Answers an order that is held only when it is let go; keeps which requests began, and how many at once."""

    def __init__(self, concurrency: int, held: tuple[str, ...] = ()) -> None:
        self.concurrency = concurrency
        self.gates = {order_id: threading.Event() for order_id in held}
        self.begun: list[str] = []
        self.most_at_once = 0
        self._running = 0
        self._lock = threading.Lock()

    def charge(self, request: ChargeRequest) -> ChargeResult:
        self._ask(request.order_id, "charge")
        return Charged(f"ch_{request.order_id}")

    def refund(self, request: RefundRequest) -> str | None:
        self._ask(request.charge.order_id, "refund")
        return request.charge_id

    def reach(self) -> None:
        """It always answers."""

    def surplus(self, request: ChargeRequest, charge_id: str) -> Sequence[Taken]:
        return []

    def close(self) -> None:
        pass

    def has_begun(self, order_id: str) -> bool:
        return f"charge {order_id}" in self.begun

    def let_go(self) -> None:
        for gate in self.gates.values():
            gate.set()

    def _ask(self, order_id: str, operation: str) -> None:
        with self._lock:
            self.begun.append(f"{operation} {order_id}")
            self._running += 1
            self.most_at_once = max(self.most_at_once, self._running)
        if order_id in self.gates:
            assert self.gates[order_id].wait(30)
        with self._lock:
            self._running -= 1


class Writer:
    """Keeps the rounds of answers that it was given; `gate` holds it up."""

    def __init__(self) -> None:
        self.rounds: list[list[str]] = []
        self.gate = threading.Event()
        self.gate.set()

    def __call__(self, handler: Callable[..., Any], command: Any, cause: Cause) -> list[Job]:
        if handler is find_open:
            return []
        answers: list[Answer] = command
        self.rounds.append([answer.job.order_id for answer in answers])
        assert self.gate.wait(30)
        return []

    def settled(self) -> set[str]:
        return {order_id for round_ in self.rounds for order_id in round_}


@contextmanager
def working(provider: HeldProvider, jobs: Jobs) -> Iterator[Writer]:
    writer = Writer()
    worker = ChargeWorker(jobs, provider, writer, random.Random(1))
    worker.start()
    try:
        yield writer
    finally:
        writer.gate.set()
        provider.let_go()
        worker.stop(30)


def refund(order_id: str) -> Job:
    return msgspec.structs.replace(job(order_id), request=Effect.REQUEST_REFUNDS, status=Status.VOIDING)


def test_a_slow_answer_delays_no_other_order() -> None:
    jobs, others = Jobs(), {f"o{number}" for number in range(20)}
    provider = HeldProvider(2, ("slow",))
    with working(provider, jobs) as writer:
        jobs.put(job("slow"))
        for order_id in others:
            jobs.put(job(order_id))
        wait_for(lambda: writer.settled() == others)
        provider.let_go()
        wait_for(lambda: "slow" in writer.settled())


def test_no_more_are_asked_at_once_than_the_provider_allows_and_the_rest_in_order() -> None:
    jobs, orders = Jobs(), tuple(f"o{number}" for number in range(10))
    provider = HeldProvider(3, orders)
    with working(provider, jobs) as writer:
        for order_id in orders:
            jobs.put(job(order_id))
        wait_for(lambda: len(provider.begun) == 3)
        for order_id, next_order in zip(orders, orders[3:], strict=False):
            provider.gates[order_id].set()
            wait_for(partial(provider.has_begun, next_order))
        assert provider.begun[3:] == [f"charge {order_id}" for order_id in orders[3:]]
        provider.let_go()
        wait_for(lambda: writer.settled() == set(orders))
    assert provider.most_at_once == 3


def test_a_refund_does_not_overtake_the_charge_of_its_order() -> None:
    jobs, provider = Jobs(), HeldProvider(4, ("o1",))
    with working(provider, jobs) as writer:
        jobs.put(job("o1"))
        wait_for(lambda: provider.begun == ["charge o1"])
        jobs.put(refund("o1"))
        jobs.put(job("o2"))
        wait_for(lambda: "o2" in writer.settled())
        assert provider.begun == ["charge o1", "charge o2"]
        provider.let_go()
        wait_for(lambda: provider.begun == ["charge o1", "charge o2", "refund o1"])


def test_answers_that_come_while_others_are_written_are_written_together() -> None:
    jobs, provider = Jobs(), HeldProvider(4)
    with working(provider, jobs) as writer:
        writer.gate.clear()
        jobs.put(job("first"))
        wait_for(lambda: writer.rounds == [["first"]])
        orders = [f"o{number}" for number in range(20)]
        for order_id in orders:
            jobs.put(job(order_id))
        # A thread that has begun another order has handed over its last answer; three may not have.
        wait_for(lambda: len(provider.begun) == 21)
        writer.gate.set()
        wait_for(lambda: writer.settled() == {"first", *orders})
    assert len(writer.rounds) <= 2 + 3


def test_a_hundred_slow_cards_do_not_delay_a_fast_one() -> None:
    jobs, slow = Jobs(), tuple(f"slow{number}" for number in range(100))
    provider = HeldProvider(128, slow)
    with working(provider, jobs) as writer:
        for order_id in slow:
            jobs.put(job(order_id))
        wait_for(lambda: len(provider.begun) == 100)
        jobs.put(job("fast"))
        wait_for(lambda: writer.settled() == {"fast"})
        provider.let_go()
        wait_for(lambda: writer.settled() == {"fast", *slow})
    assert provider.most_at_once == 101


def test_where_every_thread_is_busy_the_longest_waiting_is_next() -> None:
    jobs, slow = Jobs(), tuple(f"slow{number}" for number in range(20))
    provider = HeldProvider(20, slow)
    with working(provider, jobs) as writer:
        for order_id in slow:
            jobs.put(job(order_id))
        wait_for(lambda: len(provider.begun) == 20)
        for order_id in ("first", "second"):
            jobs.put(job(order_id))
        assert not provider.has_begun("first")
        provider.gates["slow7"].set()
        wait_for(lambda: writer.settled() == {"slow7", "first", "second"})
        assert provider.begun[20:] == ["charge first", "charge second"]
    assert provider.most_at_once == 20


def test_there_are_no_more_threads_than_work_and_they_end_after_a_rush() -> None:
    jobs, orders = Jobs(), tuple(f"o{number}" for number in range(40))
    provider, before = HeldProvider(128, orders), threading.active_count()
    with working(provider, jobs) as writer:
        assert threading.active_count() == before + 1
        for order_id in orders:
            jobs.put(job(order_id))
        wait_for(lambda: len(provider.begun) == 40)
        assert threading.active_count() == before + 41
        provider.let_go()
        wait_for(lambda: writer.settled() == set(orders))
        wait_for(lambda: threading.active_count() <= before + SPARE)
    assert threading.active_count() == before


def test_after_a_restart_the_oldest_order_is_asked_for_first() -> None:
    with payment_harness(provider=None) as shop:
        for number in range(5):
            shop.hear(created(f"o{number}"))
        shop.crash()
        shop.hear(created("new"))
        assert [scheduled.job.order_id for scheduled in shop.jobs.take(10, 0)] == ["o0", "o1", "o2", "o3", "o4", "new"]


def test_stopping_ends_every_thread() -> None:
    jobs, orders = Jobs(), tuple(f"o{number}" for number in range(6))
    provider, before = HeldProvider(6, orders), threading.active_count()
    with working(provider, jobs):
        for order_id in orders:
            jobs.put(job(order_id))
        wait_for(lambda: len(provider.begun) == 6)
        assert threading.active_count() == before + 6
    assert threading.active_count() == before
