"""The consequences of the answer of a mail server or an SMS sink: decisions, carried out by the delivery workers."""

from __future__ import annotations

import random
import re
from datetime import timedelta
from enum import StrEnum

import msgspec

GIVE_UP_AFTER = timedelta(days=4)
"""RFC 5321 §4.5.4.1: a sender gives up after four to five days."""

_FIRST_PAUSE = 1.0
_LONGEST_PAUSE = 900.0
_ABOUT_US = frozenset({421, 454, 530, 534, 535, 538})
"""The server speaks of the connection or of our login, not of the message (RFC 5321 §3.8, RFC 4954 §6)."""

_POLICY = re.compile(r"5\.7\.\d")
"""RFC 3463 §3.8: the sender is not welcome; of the address it says nothing."""

_MESSAGE_REFUSED = frozenset({400, 413, 422})
_LATER = frozenset({408, 409, 425, 429})


class State(StrEnum):
    """Of a spooled message."""

    SPOOLED = "SPOOLED"
    DELIVERED = "DELIVERED"
    FAILED = "FAILED"


class Verdict(StrEnum):
    """Of a mail server or an SMS sink about one message."""

    TAKEN = "taken"
    LATER = "not now"
    NEVER = "never"


class Answer(msgspec.Struct, frozen=True):
    """The answer to one message, and its text unless it was taken. `bounced` where there is no such recipient."""

    verdict: Verdict
    error: str = ""
    bounced: bool = False


class Attempt(msgspec.Struct, frozen=True):
    """The state of a message after an attempt; `wait` are seconds until the next one."""

    state: State
    error: str = ""
    wait: float = 0.0


class Recorded(msgspec.Struct, frozen=True):
    """The outcome of the newest attempt at a message, and when the next is due (Unix time in microseconds).

    `bounced` is the address where the outcome is that nothing can be delivered there.
    """

    mail_id: int
    attempts: int
    attempt: Attempt
    due_at: int
    bounced: str = ""


def smtp_answer(code: int, text: str, *, to_recipient: bool = False) -> Answer | None:
    """A mail server's reply, given to the recipient's address or to something else; None if it speaks of us."""
    if code in _ABOUT_US or not 200 <= code < 600:
        return None
    if code < 300:
        return Answer(Verdict.TAKEN)
    error = _shown(f"{code} {text}")
    if code < 500:
        return Answer(Verdict.LATER, error)
    return Answer(Verdict.NEVER, error, bounced=to_recipient and _POLICY.match(text) is None)


def http_answer(status: int, text: str) -> Answer | None:
    """An SMS sink's answer; None if it speaks of the address or the login with which we call it."""
    if 200 <= status < 300:
        return Answer(Verdict.TAKEN)
    error = _shown(f"{status} {text}")
    if status in _MESSAGE_REFUSED:
        return Answer(Verdict.NEVER, error)
    return Answer(Verdict.LATER, error) if status >= 500 or status in _LATER else None


def after(answer: Answer, attempts: int, age: timedelta, chance: random.Random) -> Attempt:
    """The consequence of an answer to the attempt numbered `attempts`, counted from 1, for a message of that age."""
    if answer.verdict is Verdict.TAKEN:
        return Attempt(State.DELIVERED)
    if answer.verdict is Verdict.NEVER:
        return Attempt(State.FAILED, answer.error)
    if age >= GIVE_UP_AFTER:
        return Attempt(State.FAILED, f"given up: {answer.error}")
    ceiling = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** min(attempts - 1, 20))
    return Attempt(State.SPOOLED, answer.error, chance.uniform(ceiling / 2, ceiling))


def _shown(text: str) -> str:
    return text.strip()[:500]
