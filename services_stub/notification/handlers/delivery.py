"""The workers that deliver the spool: a thread for each channel, so that a mail server or SMS sink holds up nothing.

A message is delivered at least once: one whose delivery a crash left unrecorded is sent again, with
the same id.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Protocol

import msgspec
import structlog

from services_stub.contracts.envelope import Cause
from services_stub.contracts.times import moment_of, to_microseconds
from services_stub.notification.domain.delivery import Answer, Recorded, State, Verdict, after
from services_stub.notification.domain.kinds import Channel
from services_stub.notification.handlers.bounces import record_attempts
from services_stub.notification.handlers.notifying import Notifier
from services_stub.notification.store import spool
from services_stub.runtime import clock
from services_stub.runtime.context import Context
from services_stub.runtime.errors import Unavailable
from services_stub.runtime.identifiers import new_id
from services_stub.runtime.retry import pause_after

MOST_AT_ONCE = 50
LONGEST_ROUND = 1.0
"""Seconds after which a round is recorded even if more is due: a crash sends few messages twice."""

_EVERY = {Channel.EMAIL: 0.25, Channel.SMS: 1.0}
_LONGEST_PAUSE = 60.0
_DATABASE = 10.0
_STOP_SECONDS = 2.0
_LONGEST_REASON = 500


class Session(Protocol):
    """The part of a connection to a mail server or SMS sink that delivery needs."""

    def open(self) -> None:
        """Have a connection that works.

        Raises:
            Unavailable: the server is away.
        """

    def send(self, recipient: str, message: str, message_id: str) -> Answer:
        """Give the server one message over the open connection. A repetition has the same id.

        Raises:
            Unavailable: the server is away.
        """

    def interrupt(self) -> None:
        """Make a transfer under way fail now."""

    def close(self) -> None:
        """Hang up."""


class Spool(Protocol):
    """The part of the database that delivery needs."""

    def due(self, now: int, most: int) -> list[DueMessage]:
        """Up to `most` messages that are due."""

    def record(self, attempts: list[Recorded]) -> None:
        """Write the outcomes of attempts."""


class DueMessage(msgspec.Struct, frozen=True):
    """A message that is to be delivered."""

    mail_id: int
    message_id: str
    recipient: str
    message: str
    attempts: int
    created_at: datetime


class DatabaseSpool:
    """One channel's part of the spool in the service's database, from the worker's thread."""

    def __init__(self, context: Context, notifier: Notifier, channel: Channel) -> None:
        self._context, self._notifier, self._channel = context, notifier, channel

    def due(self, now: int, most: int) -> list[DueMessage]:
        """Up to `most` messages that are due."""
        rows = self._context.run(self._context.read(spool.due_messages, self._channel, now, most), _DATABASE)
        return [
            DueMessage(
                row.mail_id,
                row.notification_id,
                row.recipient,
                row.message,
                row.attempts,
                moment_of(row.created_at),
            )
            for row in rows
        ]

    def record(self, attempts: list[Recorded]) -> None:
        """Write the outcomes of attempts."""
        self._context.write_from_thread(partial(record_attempts, self._notifier), attempts, Cause("", new_id(), ""))


class Delivery:
    """Delivers the due messages of a channel, round after round.

    `clock` gives the time, `chance` the jitter of the pauses.
    """

    def __init__(
        self,
        channel: Channel,
        waiting: Spool,
        session: Session,
        chance: random.Random,
        clock: Callable[[], datetime] = clock.now,
    ) -> None:
        self._spool, self._session, self._chance, self._clock = waiting, session, chance, clock
        self._stopping = threading.Event()
        self._channel = channel
        self._thread = threading.Thread(target=self._run, name=f"{channel}-delivery", daemon=True)
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
                return _EVERY[self._channel]
            self._session.open()
            recorded, trouble = self._deliver(mails)
            if recorded:
                self._spool.record(recorded)
        except (Unavailable, TimeoutError) as error:
            trouble = str(error) or "the database does not answer"
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001 - the process has more to do than to deliver
            structlog.get_logger().exception("a round of delivery failed by a bug", channel=self._channel)
            trouble = repr(error)[:_LONGEST_REASON]
        if trouble:
            return self._pause(trouble)
        self._failures = 0
        return 0.0

    def _deliver(self, mails: list[DueMessage]) -> tuple[list[Recorded], str]:
        """The outcomes of the messages of a round, and the reason to pause before the next, if there is one."""
        recorded: list[Recorded] = []
        deadline = time.monotonic() + LONGEST_ROUND
        for mail in mails:
            if self._stopping.is_set() or time.monotonic() > deadline:
                break
            try:
                answer = self._session.send(mail.recipient, mail.message, mail.message_id)
            except MemoryError:
                raise
            except Exception as error:  # noqa: BLE001 - also a bug that one message provokes, say by its address
                if not isinstance(error, Unavailable):
                    structlog.get_logger().exception("a message provokes a bug", mail_id=mail.mail_id)
                    self._session.close()
                # Counted as an attempt at this message: should it be the reason, the others overtake it.
                reason = str(error)[:_LONGEST_REASON]
                recorded.append(self._consequence(mail, Answer(Verdict.LATER, reason)))
                return recorded, reason
            recorded.append(self._consequence(mail, answer))
        if len(recorded) > 1 and all(item.attempt.state is State.SPOOLED for item in recorded):
            return recorded, f"nothing is taken now: {recorded[-1].attempt.error}"
        return recorded, ""

    def _consequence(self, mail: DueMessage, answer: Answer) -> Recorded:
        now = self._clock()
        attempts = mail.attempts + 1
        attempt = after(answer, attempts, now - mail.created_at, self._chance)
        if attempt.state is State.FAILED:
            structlog.get_logger().warning("a message cannot be delivered", mail_id=mail.mail_id, reason=attempt.error)
        due_at = to_microseconds(now) + int(attempt.wait * 1_000_000)
        return Recorded(mail.mail_id, attempts, attempt, due_at, mail.recipient if answer.bounced else "")

    def _pause(self, reason: str) -> float:
        self._failures += 1
        pause = pause_after(self._failures, self._chance, first=0.5, longest=_LONGEST_PAUSE)
        structlog.get_logger().warning(
            f"{self._channel} waits",
            service="notification",
            attempt=self._failures,
            pause=round(pause, 2),
            reason=reason,
        )
        return pause

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._stopping.wait(self.step())
        self._session.close()
