"""The consequences of a mail server's answer: decisions, carried out by the delivery worker."""

from __future__ import annotations

import random
from datetime import timedelta
from enum import StrEnum

import msgspec

GIVE_UP_AFTER = timedelta(days=4)
"""RFC 5321 §4.5.4.1: a sender gives up after four to five days."""

_FIRST_PAUSE = 1.0
_LONGEST_PAUSE = 900.0
_ABOUT_US = frozenset({421, 454, 530, 534, 535, 538})
"""The server speaks of the connection or of our login, not of the message (RFC 5321 §3.8, RFC 4954 §6)."""


class State(StrEnum):
    """Of a spooled message."""

    SPOOLED = "SPOOLED"
    DELIVERED = "DELIVERED"
    FAILED = "FAILED"


class Answer(msgspec.Struct, frozen=True):
    """The server's answer to a message."""

    code: int
    text: str

    @property
    def concerns_message(self) -> bool:
        """Whether it speaks of the message; otherwise every message would fare the same."""
        return self.code not in _ABOUT_US and 200 <= self.code < 600


class Attempt(msgspec.Struct, frozen=True):
    """The state of a message after an attempt; `wait` are seconds until the next one."""

    state: State
    error: str = ""
    wait: float = 0.0


class Recorded(msgspec.Struct, frozen=True):
    """The outcome of the newest attempt at an e-mail, and when the next is due (Unix time in microseconds)."""

    mail_id: int
    attempts: int
    attempt: Attempt
    due_at: int


def after(answer: Answer, attempts: int, age: timedelta, chance: random.Random) -> Attempt:
    """The consequence of an answer to the attempt numbered `attempts`, counted from 1, for a message of that age."""
    error = f"{answer.code} {answer.text}".strip()[:500]
    if 200 <= answer.code < 300:
        return Attempt(State.DELIVERED)
    if answer.code >= 500:
        return Attempt(State.FAILED, error)
    if age >= GIVE_UP_AFTER:
        return Attempt(State.FAILED, f"given up: {error}")
    ceiling = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** min(attempts - 1, 20))
    return Attempt(State.SPOOLED, error, chance.uniform(ceiling / 2, ceiling))
