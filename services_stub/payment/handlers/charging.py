"""The worker that asks the provider: a thread of its own, so that neither requests nor events wait for the money."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable

import structlog

from services_stub.payment.domain import (
    CHARGE_ATTEMPTS,
    UNREACHABLE_REASON,
    Charged,
    ChargeRequest,
    Declined,
    Processing,
    Provider,
    ProviderUnavailable,
    Trigger,
    Work,
)
from services_stub.payment.handlers.jobs import Job, Jobs, Scheduled
from services_stub.payment.handlers.settling import RETRY_AFTER, Answer, Settlement
from services_stub.payment.store import payments as store
from services_stub.runtime.completions import Completions
from services_stub.runtime.retry import pause_after
from services_stub.runtime.sql.database import Savepoint
from services_stub.runtime.sql.transaction import Transaction
from services_stub.runtime.sql.writer import Entry

LARGEST_ROUND = 200
_FIRST_PAUSE = 0.2
_LONGEST_PAUSE = 5.0


class ChargeWorker:
    """Does the jobs that are due and gives the answers to the writer, a round at a time.

    A charge that takes time, and one that the provider did not answer, waits among the jobs and holds up no other.
    """

    def __init__(self, jobs: Jobs, provider: Provider, submit: Callable[[Entry], None], chance: random.Random) -> None:
        self._jobs, self._provider, self._submit, self._chance = jobs, provider, submit, chance
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="charges", daemon=True)

    def start(self) -> None:
        """Take up what a crash or a stop left open, and begin to work."""
        self._submit(Recovery(self._jobs, self._submit))
        self._thread.start()

    def stop(self, timeout: float) -> None:
        """Finish the round under way; what has not begun is taken up at the next start."""
        self._stopping.set()
        self._jobs.interrupt()
        self._thread.join(timeout)
        if not self._thread.is_alive():
            self._provider.close()

    def step(self, timeout: float | None = None) -> int:
        """Do what is due, after waiting for it up to `timeout` seconds; how much there was."""
        due = self._jobs.take(LARGEST_ROUND, timeout)
        answers = [answer for scheduled in due if (answer := self._ask(scheduled)) is not None]
        if answers:
            self._submit(Settlement(answers, self._jobs))
        return len(due)

    def _ask(self, scheduled: Scheduled) -> Answer | None:
        """The provider's answer, or None where it has to be asked again."""
        job, attempt = scheduled.job, scheduled.attempt
        try:
            return self._charge(job, attempt) if job.work is Work.CHARGE else self._refund(job)
        except ProviderUnavailable as error:
            if job.work is Work.CHARGE and attempt >= CHARGE_ATTEMPTS:
                return Answer(job, Trigger.UNREACHABLE, reason=UNREACHABLE_REASON)
            pause = pause_after(attempt, self._chance, first=_FIRST_PAUSE, longest=_LONGEST_PAUSE)
            structlog.get_logger().warning(
                "the provider does not answer",
                service="payment",
                correlation_id=job.order_id,
                attempt=attempt,
                pause=round(pause, 2),
                reason=str(error),
            )
            self._jobs.put(job, delay=pause, attempt=attempt + 1)
            return None

    def _charge(self, job: Job, attempt: int) -> Answer | None:
        result = self._provider.charge(ChargeRequest(job.order_id, job.amount, job.currency, job.payment_method))
        match result:
            case Charged(charge_id):
                return Answer(job, Trigger.CHARGED, charge_id=charge_id)
            case Declined(reason):
                return Answer(job, Trigger.DECLINED, reason=reason)
            case Processing(seconds):
                self._jobs.put(job, delay=seconds, attempt=attempt)
                return None

    def _refund(self, job: Job) -> Answer:
        charge_id = self._provider.refund(job.order_id)
        if charge_id is None:
            return Answer(job, Trigger.NOTHING_TAKEN)
        return Answer(job, Trigger.REFUNDED, charge_id=charge_id)

    def _run(self) -> None:
        while not self._stopping.is_set():
            self.step()


class Recovery:
    """Finds the open work in the rows; an entry of the writer, so that it sees them before any event changes them."""

    def __init__(self, jobs: Jobs, submit: Callable[[Entry], None]) -> None:
        self._jobs, self._submit = jobs, submit
        self._found: list[Job] = []

    def apply(self, transaction: Transaction, savepoint: Savepoint) -> None:
        """Read the open payments."""
        del savepoint
        self._found = [Job.of(row._mapping) for row in transaction.execute(store.OPEN_PAYMENTS)]

    def committed(self, completions: Completions) -> None:
        """Put their work among the jobs."""
        del completions
        for job in self._found:
            self._jobs.put(job)

    def failed(self, error: Exception, completions: Completions) -> None:
        """Try again a little later."""
        del error, completions
        timer = threading.Timer(RETRY_AFTER, self._submit, [self])
        timer.daemon = True
        timer.start()
