"""The worker that asks the provider, on threads of its own: neither requests nor events wait for an answer."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Sequence
from typing import Any

import structlog

from services_stub.contracts.envelope import Cause
from services_stub.payment.domain import (
    CHARGE_ATTEMPTS,
    UNREACHABLE_REASON,
    Charged,
    Declined,
    Effect,
    Processing,
    Provider,
    ProviderUnavailable,
    RefundRefused,
    RefundRequest,
    Trigger,
)
from services_stub.payment.handlers.jobs import Job, Jobs, Scheduled
from services_stub.payment.handlers.settling import Answer, settle_all
from services_stub.payment.handlers.threads import Threads
from services_stub.payment.handlers.watch import ProviderWatch
from services_stub.payment.store import payments as store
from services_stub.payment.store.refunds import open_refunds
from services_stub.runtime.errors import Unavailable
from services_stub.runtime.retry import pause_after
from services_stub.runtime.sql.transaction import NO_CAUSE, Transaction

LARGEST_ROUND = 200
RETRY_AFTER = 0.5
"""Seconds after which the provider is asked again for an answer that the database could not take."""
REFUSED_PAUSE = 60.0
"""Seconds after which a refused refund is asked for again: only a person at the provider can have settled it."""
_FIRST_PAUSE = 0.2
_LONGEST_PAUSE = 5.0

Write = Callable[[Callable[[Transaction, Any], Any], Any, Cause], Any]
"""Has a handler run in the writer's next batch and waits for the commit: `Context.write_from_thread`."""


class ChargeWorker:
    """Does the jobs that are due and gives the answers to the writer, a round at a time.

    A charge that takes time, and one that the provider did not answer, waits among the jobs and holds up no other. The
    provider's `concurrency` bounds the threads, of which there are as many as are busy and one more. Where there may be
    several each asks for one job at a time, in the order in which jobs are due: the next is asked for at once, however
    slow the answers before it are, until all threads are busy.
    """

    def __init__(self, jobs: Jobs, provider: Provider, write: Write, chance: random.Random) -> None:
        self._jobs, self._provider, self._write, self._chance = jobs, provider, write, chance
        self._round = LARGEST_ROUND if provider.concurrency == 1 else 1
        self._threads = Threads(provider.concurrency, self._take, self._do, jobs.interrupt)
        self.watch = ProviderWatch(provider)
        self._unwritten: list[Answer] = []
        self._writing = False
        self._lock = threading.Lock()

    def start(self) -> None:
        """Take up the requests that a crash or a stop left open, and begin to work.

        Raises:
            Unavailable: the database is away.
        """
        self.recover()
        self._threads.start()

    def stop(self, timeout: float) -> None:
        """Finish the round under way; what has not begun is taken up at the next start."""
        if self._threads.stop(timeout):
            self._provider.close()

    def recover(self) -> None:
        """Put the open requests of the rows among the jobs. Called before any event can change a row.

        Raises:
            Unavailable: the database is away.
        """
        for job in self._write(find_open, None, NO_CAUSE):
            self._jobs.put(job)

    def ask(self, due: Sequence[Scheduled]) -> list[Answer]:
        """The provider's answers; what it did not answer waits among the jobs again."""
        answers = []
        for scheduled in due:
            answer = self._ask(scheduled)
            if answer is not None:
                answers.append(answer)
            self._jobs.release(scheduled.job.order_id)
        return answers

    def settle(self, answers: Sequence[Answer]) -> None:
        """Have the answers written, and make the requests that they lead to.

        While another thread writes, it takes them into its next round, and this one goes on to ask.
        """
        with self._lock:
            self._unwritten += answers
            if self._writing or not self._unwritten:
                return
            self._writing = True
        while round_ := self._next_round():
            self._write_round(round_)

    def _next_round(self) -> list[Answer]:
        """The answers that came while the last round was written; without any, this thread writes no longer."""
        with self._lock:
            answers, self._unwritten = self._unwritten, []
            self._writing = bool(answers)
            return answers

    def _write_round(self, answers: list[Answer]) -> None:
        """Where the database is away the jobs are done again: asking the provider twice is harmless.

        So is one whose answer cannot be written by a bug; the other answers of its round are written without it.
        """
        try:
            follow_ups: list[Job] = self._write(settle_all, answers, NO_CAUSE)
        except Unavailable:
            self._again(answers, RETRY_AFTER)
        except Exception:  # noqa: BLE001 - a bug that one answer provokes must not hold up the others
            if len(answers) > 1:
                for answer in answers:
                    self._write_round([answer])
                return
            order_id = answers[0].job.order_id
            structlog.get_logger().exception("an answer cannot be written", service="payment", correlation_id=order_id)
            self._again(answers, REFUSED_PAUSE)
        else:
            for job in follow_ups:
                self._jobs.put(job)

    def _again(self, answers: Sequence[Answer], pause: float) -> None:
        for answer in answers:
            self._jobs.put(answer.job.again(), delay=pause)

    def _ask(self, scheduled: Scheduled) -> Answer | None:
        """The provider's answer, or None where it has to be asked again."""
        job, attempt = scheduled.job, scheduled.attempt
        try:
            answer = self._charge(job, attempt) if job.request is Effect.REQUEST_CHARGE else self._refund(job)
            self.watch.answered()
            return answer
        except ProviderUnavailable as error:
            self.watch.unanswered()
            return self._unanswered(job, attempt, str(error))
        except RefundRefused as error:
            self.watch.answered()
            structlog.get_logger().error(
                "the provider refuses a refund", service="payment", correlation_id=job.order_id, reason=str(error)
            )
            self._jobs.put(job.again(), delay=REFUSED_PAUSE, attempt=attempt)
            return None
        except Exception as error:  # noqa: BLE001 - a bug that one order provokes must not end the thread
            structlog.get_logger().exception(
                "asking the provider failed", service="payment", correlation_id=job.order_id
            )
            return self._unanswered(job, attempt, type(error).__name__)

    def _unanswered(self, job: Job, attempt: int, reason: str) -> Answer | None:
        """Give a charge up after so many attempts; ask again for all else."""
        if job.request is Effect.REQUEST_CHARGE and attempt >= CHARGE_ATTEMPTS:
            return Answer(job, Trigger.UNREACHABLE, reason=UNREACHABLE_REASON)
        pause = pause_after(attempt, self._chance, first=_FIRST_PAUSE, longest=_LONGEST_PAUSE)
        structlog.get_logger().warning(
            "the provider does not answer",
            service="payment",
            correlation_id=job.order_id,
            attempt=attempt,
            pause=round(pause, 2),
            reason=reason,
        )
        self._jobs.put(job.again(), delay=pause, attempt=attempt + 1)
        return None

    def _charge(self, job: Job, attempt: int) -> Answer | None:
        result = self._provider.charge(job.charge_request())
        match result:
            case Charged(charge_id):
                self._refund_surplus(job, charge_id)
                return Answer(job, Trigger.CHARGED, charge_id=charge_id)
            case Declined(reason):
                return Answer(job, Trigger.DECLINED, reason=reason)
            case Processing(seconds):
                self._jobs.put(job.again(), delay=seconds, attempt=attempt)
                return None

    def _refund(self, job: Job) -> Answer:
        if job.charge_id and not job.refund_amount:
            return Answer(job, Trigger.REFUNDED)  # A part that cost nothing, which no provider would refund.
        charge_id = self._provider.refund(job.refund_request())
        if charge_id is None:
            return Answer(job, Trigger.NOTHING_TAKEN)
        self._refund_surplus(job, charge_id)
        return Answer(job, Trigger.REFUNDED, charge_id=charge_id)

    def _refund_surplus(self, job: Job, charge_id: str) -> None:
        """Give back what the provider has charged for the order more than once. The books know the one charge only."""
        request = job.charge_request()
        for taken in self._provider.surplus(request, charge_id):
            log = structlog.get_logger().bind(service="payment", correlation_id=job.order_id, charge=taken.charge_id)
            key = f"{job.order_id}/surplus/{taken.charge_id}"
            try:
                self._provider.refund(RefundRequest(request, key, taken.amount_cents, taken.charge_id))
            except RefundRefused as error:
                log.error("the provider has charged an order again, and refuses to give it back", reason=str(error))
            else:
                log.warning("the provider had charged an order again; that is given back")

    def _take(self) -> list[Scheduled]:
        return self._jobs.take(self._round, None)

    def _do(self, due: Sequence[Scheduled]) -> None:
        self.settle(self.ask(due))


def find_open(tx: Transaction, _command: None) -> list[Job]:
    """The open requests in the rows."""
    charges = [Job.charge(row._mapping) for row in store.charging_payments(tx.connection)]
    return [job.again() for job in (*charges, *(Job.refund(row._mapping) for row in open_refunds(tx.connection)))]
