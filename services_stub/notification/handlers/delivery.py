"""The worker that delivers the spool: a thread of its own, so that a mail server holds up nothing else.

A message is delivered at least once: one whose delivery a crash left unrecorded is sent again, with
the same Message-ID.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol

import msgspec
import structlog

from services_stub.contracts.times import to_microseconds
from services_stub.notification import store
from services_stub.notification.domain.delivery import Answer, Recorded, State, after
from services_stub.runtime.context import Context
from services_stub.runtime.errors import Unavailable
from services_stub.runtime.retry import pause_after
from services_stub.runtime.sql.transaction import NO_CAUSE, Transaction

MOST_AT_ONCE = 50
LONGEST_ROUND = 1.0
"""Seconds after which a round is recorded even if more is due: a crash sends few messages twice."""

_EVERY = 0.25
_LONGEST_PAUSE = 60.0
_DATABASE = 10.0
_STOP_SECONDS = 2.0


class Session(Protocol):
    """The part of a mail server's connection that delivery needs."""

    def open(self) -> None:
        """Have a connection that works.

        Raises:
            Unavailable: the server is away.
        """

    def send(self, recipient: str, message: str) -> Answer:
        """Give the server one message over the open connection.

        Raises:
            Unavailable: the server is away.
        """

    def interrupt(self) -> None:
        """Make a transfer under way fail now."""

    def close(self) -> None:
        """Hang up."""


class Spool(Protocol):
    """The part of the database that delivery needs."""

    def due(self, now: int, most: int) -> list[DueMail]:
        """Up to `most` e-mails that are due."""

    def record(self, attempts: list[Recorded]) -> None:
        """Write the outcomes of attempts."""


class DueMail(msgspec.Struct, frozen=True):
    """An e-mail that is to be delivered."""

    mail_id: int
    recipient: str
    message: str
    attempts: int
    created_at: datetime


class DatabaseSpool:
    """The spool in the service's database, from the worker's thread."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def due(self, now: int, most: int) -> list[DueMail]:
        """Up to `most` e-mails that are due."""
        rows = self._context.run(self._context.read(store.due_mails, now, most), _DATABASE)
        return [
            DueMail(
                row.mail_id,
                row.recipient,
                row.message,
                row.attempts,
                datetime.fromisoformat(row.created_at),
            )
            for row in rows
        ]

    def record(self, attempts: list[Recorded]) -> None:
        """Write the outcomes of attempts."""
        self._context.write_from_thread(record_attempts, attempts, NO_CAUSE)


class Delivery:
    """Delivers the due messages, round after round. `clock` gives the time, `chance` the jitter of the pauses."""

    def __init__(
        self,
        spool: Spool,
        session: Session,
        chance: random.Random,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._spool, self._session, self._chance, self._clock = spool, session, chance, clock
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="mail-delivery", daemon=True)
        self._failures = 0

    def start(self) -> None:
        """Begin to deliver."""
        self._thread.start()

    def stop(self, timeout: float) -> None:
        """Finish the message under way, or break it off when that takes long. Connecting is given up."""
        self._stopping.set()
        self._thread.join(min(_STOP_SECONDS, timeout / 2))
        self._session.interrupt()
        self._thread.join(min(_STOP_SECONDS, timeout / 2))

    def step(self) -> float:
        """Deliver one round; the seconds to wait before the next."""
        try:
            mails = self._spool.due(to_microseconds(self._clock()), MOST_AT_ONCE)
            if not mails:
                return _EVERY
            self._session.open()
            recorded, trouble = self._deliver(mails)
            if recorded:
                self._spool.record(recorded)
        except (Unavailable, TimeoutError) as error:
            trouble = str(error) or "the database does not answer"
        if trouble:
            return self._pause(trouble)
        self._failures = 0
        return 0.0

    def _deliver(self, mails: list[DueMail]) -> tuple[list[Recorded], str]:
        """The outcomes of the messages of a round, and the reason to pause before the next, if there is one."""
        recorded: list[Recorded] = []
        deadline = time.monotonic() + LONGEST_ROUND
        for mail in mails:
            if self._stopping.is_set() or time.monotonic() > deadline:
                break
            try:
                answer = self._session.send(mail.recipient, mail.message)
            except Unavailable as error:
                # Counted as an attempt at this message: should it be the reason, the others overtake it.
                recorded.append(self._consequence(mail, Answer(421, str(error))))
                return recorded, str(error)
            recorded.append(self._consequence(mail, answer))
        if len(recorded) > 1 and all(item.attempt.state is State.SPOOLED for item in recorded):
            return recorded, f"the mail server takes nothing now: {recorded[-1].attempt.error}"
        return recorded, ""

    def _consequence(self, mail: DueMail, answer: Answer) -> Recorded:
        now = self._clock()
        attempts = mail.attempts + 1
        attempt = after(answer, attempts, now - mail.created_at, self._chance)
        if attempt.state is State.FAILED:
            structlog.get_logger().warning("a message cannot be delivered", mail_id=mail.mail_id, reason=attempt.error)
        return Recorded(mail.mail_id, attempts, attempt, to_microseconds(now) + int(attempt.wait * 1_000_000))

    def _pause(self, reason: str) -> float:
        self._failures += 1
        pause = pause_after(self._failures, self._chance, first=0.5, longest=_LONGEST_PAUSE)
        structlog.get_logger().warning(
            "mail waits", service="notification", attempt=self._failures, pause=round(pause, 2), reason=reason
        )
        return pause

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._stopping.wait(self.step())
        self._session.close()


def record_attempts(tx: Transaction, attempts: list[Recorded]) -> None:
    """Write the outcomes of a round."""
    store.record_attempts(tx, attempts)
