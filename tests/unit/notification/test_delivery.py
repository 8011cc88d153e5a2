"""The delivery worker's decisions, with a mail server and a spool that are made up."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from services_stub.notification.domain.delivery import (
    GIVE_UP_AFTER,
    Answer,
    Attempt,
    Recorded,
    State,
    Verdict,
    after,
    http_answer,
    smtp_answer,
)
from services_stub.notification.domain.kinds import Channel
from services_stub.notification.handlers import delivery
from services_stub.notification.handlers.bounces import record_attempts
from services_stub.notification.handlers.delivery import Delivery, DueMessage
from services_stub.notification.handlers.notifying import Notifier
from services_stub.notification.store import TABLES, spool
from services_stub.runtime.errors import Unavailable
from tests.builders import order_created, user_created
from tests.fakes import FakeTransaction
from tests.unit.notification.conftest import notify

TAKEN = Answer(Verdict.TAKEN)
START = datetime(2026, 1, 1, tzinfo=UTC)


class Server:
    """A mail server that gives the answers it is told to, then takes everything."""

    def __init__(self, *answers: Answer | Exception, away: bool = False) -> None:
        self.answers: Iterator[Answer | Exception] = iter(answers)
        self.away = away
        self.taken: list[str] = []

    def open(self) -> None:
        if self.away:
            raise Unavailable("mail server: away")

    def send(self, recipient: str, message: str, message_id: str) -> Answer:
        answer = next(self.answers, TAKEN)
        if isinstance(answer, Exception):
            raise answer
        if answer is TAKEN:
            self.taken.append(recipient)
        return answer

    def interrupt(self) -> None:
        """Nothing is under way."""

    def close(self) -> None:
        """Nothing is open."""


class Mails:
    """A spool in memory."""

    def __init__(self, *recipients: str) -> None:
        self.mails = {
            number: Recorded(number, 0, Attempt(State.SPOOLED), 0) for number, _ in enumerate(recipients, start=1)
        }
        self.recipients = dict(enumerate(recipients, start=1))
        self.away = False

    def due(self, now: int, most: int) -> list[DueMessage]:
        waiting = [mail for mail in self.mails.values() if mail.attempt.state is State.SPOOLED and mail.due_at <= now]
        waiting.sort(key=lambda mail: mail.due_at)
        return [
            DueMessage(m.mail_id, f"n{m.mail_id}", self.recipients[m.mail_id], "text", m.attempts, START)
            for m in waiting[:most]
        ]

    def record(self, attempts: list[Recorded]) -> None:
        if self.away:
            raise Unavailable("database: locked")
        self.mails.update({attempt.mail_id: attempt for attempt in attempts})

    def states(self) -> list[str]:
        return [mail.attempt.state.value for mail in self.mails.values()]


class Clock:
    """A clock that is set."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


def worker(mails: Mails, server: Server, clock: Clock | None = None) -> Delivery:
    return Delivery(Channel.EMAIL, mails, server, random.Random(1), clock or Clock())


def test_everything_due_is_delivered_once() -> None:
    mails, server = Mails("a", "b"), Server()
    delivery = worker(mails, server)
    assert delivery.step() == 0.0
    assert delivery.step() > 0
    assert server.taken == ["a", "b"]
    assert mails.states() == ["DELIVERED", "DELIVERED"]


def test_a_refusal_for_good_fails_with_its_reason_and_holds_up_nothing() -> None:
    mails, server = Mails("a", "b"), Server(Answer(Verdict.NEVER, "550 no such user"))
    assert worker(mails, server).step() == 0.0
    assert mails.states() == ["FAILED", "DELIVERED"]
    assert mails.mails[1].attempt.error == "550 no such user"


def test_a_refusal_for_now_is_tried_again_later_and_later() -> None:
    mails, server, clock = Mails("a"), Server(*[Answer(Verdict.LATER, "451 greylisted")] * 3), Clock()
    delivery = worker(mails, server, clock)
    waits: list[float] = []
    while mails.states() == ["SPOOLED"]:
        delivery.step()
        mail = mails.mails[1]
        waits.append((mail.due_at - _microseconds(clock.now)) / 1e6)
        assert delivery.step() > 0  # nothing is due
        clock.now += timedelta(seconds=waits[-1] + 1e-3)
    assert mails.states() == ["DELIVERED"]
    assert 0.5 <= waits[0] <= 1.0 <= waits[1] <= 2.0 <= waits[2] <= 4.0
    assert mails.mails[1].attempts == 4


def test_an_absent_server_makes_growing_pauses_and_costs_no_message_an_attempt() -> None:
    mails, server = Mails("a"), Server(away=True)
    delivery = worker(mails, server)
    pauses = [delivery.step() for _ in range(12)]
    assert pauses[0] < 1
    assert 30 <= pauses[-1] <= 60
    assert mails.mails[1].attempts == 0
    server.away = False
    assert delivery.step() == 0.0
    assert mails.states() == ["DELIVERED"]
    server.away = True
    mails.mails[1] = Recorded(1, 0, Attempt(State.SPOOLED), 0)
    assert delivery.step() < 1


@pytest.mark.parametrize("error", [Unavailable("mail server: hung up"), ValueError("a line break in the address")])
def test_a_message_that_the_server_dies_of_does_not_hold_up_the_others(error: Exception) -> None:
    mails, clock = Mails("deadly", "b"), Clock()
    delivery = worker(mails, Server(error), clock)
    assert delivery.step() > 0
    assert mails.states() == ["SPOOLED", "SPOOLED"]
    delivery.step()
    assert mails.states() == ["SPOOLED", "DELIVERED"]
    clock.now += timedelta(seconds=2)
    delivery.step()
    assert mails.states() == ["DELIVERED", "DELIVERED"]


def test_a_server_that_takes_nothing_now_is_left_alone_for_a_while() -> None:
    mails = Mails("a", "b")
    assert worker(mails, Server(*[Answer(Verdict.LATER, "452 disk full")] * 2)).step() > 0


def test_what_could_not_be_written_down_is_sent_again() -> None:
    mails, server = Mails("a"), Server()
    delivery = worker(mails, server)
    mails.away = True
    assert delivery.step() > 0
    mails.away = False
    delivery.step()
    assert server.taken == ["a", "a"]
    assert mails.states() == ["DELIVERED"]


def test_a_round_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "LONGEST_ROUND", -1.0)
    mails, server = Mails("a"), Server()
    assert worker(mails, server).step() == 0.0
    assert server.taken == []


@pytest.mark.parametrize(
    ("verdict", "age", "state", "error"),
    [
        (Verdict.TAKEN, timedelta(0), State.DELIVERED, ""),
        (Verdict.LATER, timedelta(0), State.SPOOLED, "why"),
        (Verdict.LATER, GIVE_UP_AFTER, State.FAILED, "given up: why"),
        (Verdict.NEVER, timedelta(0), State.FAILED, "why"),
    ],
)
def test_consequences(verdict: Verdict, age: timedelta, state: State, error: str) -> None:
    attempt = after(Answer(verdict, "why"), 1, age, random.Random(1))
    assert (attempt.state, attempt.error) == (state, error)


@pytest.mark.parametrize(
    ("code", "text", "to_recipient", "answer"),
    [
        (250, "OK", False, TAKEN),
        (451, "greylisted", True, Answer(Verdict.LATER, "451 greylisted")),
        (550, "5.1.1 no such user", True, Answer(Verdict.NEVER, "550 5.1.1 no such user", bounced=True)),
        (550, "no such user", True, Answer(Verdict.NEVER, "550 no such user", bounced=True)),
        (550, "5.7.1 not from you", True, Answer(Verdict.NEVER, "550 5.7.1 not from you")),
        (554, "no spam", False, Answer(Verdict.NEVER, "554 no spam")),
        (421, "closing", True, None),
        (530, "log in", True, None),
        (-1, "", False, None),
    ],
)
def test_replies_of_mail_servers(code: int, text: str, to_recipient: bool, answer: Answer | None) -> None:
    assert smtp_answer(code, text, to_recipient=to_recipient) == answer


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (200, Verdict.TAKEN),
        (202, Verdict.TAKEN),
        (400, Verdict.NEVER),
        (422, Verdict.NEVER),
        (409, Verdict.LATER),
        (429, Verdict.LATER),
        (503, Verdict.LATER),
        (301, None),
        (401, None),
        (404, None),
    ],
)
def test_answers_of_sms_sinks(status: int, verdict: Verdict | None) -> None:
    answer = http_answer(status, "why")
    assert (None if answer is None else answer.verdict) == verdict
    assert answer is None or answer.error == ("" if verdict is Verdict.TAKEN else f"{status} why")


def test_attempts_are_written_to_the_spool(tx: FakeTransaction) -> None:
    for event in (user_created(), order_created()):
        notify(tx, event)
    now = _microseconds(tx.now)
    assert [row.mail_id for row in spool.due_messages(tx.connection, Channel.EMAIL, now, 10)] == [1, 2]
    assert spool.due_messages(tx.connection, Channel.EMAIL, now - 1, 10) == []
    done, later = Attempt(State.DELIVERED), Attempt(State.SPOOLED, "451 later", 5.0)
    record_attempts(Notifier(), tx, [Recorded(1, 1, done, now), Recorded(2, 1, later, now + 5)])
    record_attempts(Notifier(), tx, [Recorded(1, 9, Attempt(State.FAILED, "late"), now)])
    table = TABLES.tables["spool"]
    rows = tx.execute(select(table.c.state, table.c.attempts, table.c.error)).all()
    assert [tuple(row) for row in rows] == [("DELIVERED", 1, ""), ("SPOOLED", 1, "451 later")]
    assert [row.mail_id for row in spool.due_messages(tx.connection, Channel.EMAIL, now + 5, 10)] == [2]


def _microseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1_000_000)
