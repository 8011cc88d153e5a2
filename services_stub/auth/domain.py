"""The rules of accounts and sessions. Pure: they decide, others carry it out."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto

from services_stub.contracts.mailbox import canonical_mailbox
from services_stub.contracts.text import without_controls

ACCESS = timedelta(minutes=15)
"""How long an access token is valid; a stolen one is worth as much."""

REFRESH = timedelta(days=30)
"""The life of a session that is not used."""


@dataclass(frozen=True)
class HashParameters:
    """The cost of a password hash with argon2id."""

    memory_kib: int
    iterations: int
    lanes: int = 1


PASSWORD_PROFILES = {
    "owasp": HashParameters(memory_kib=19 * 1024, iterations=2),
    # For populations of thousands on one machine: never for passwords that are worth anything.
    "development": HashParameters(memory_kib=1024, iterations=1),
}
"""OWASP's Password Storage Cheat Sheet, argon2id, second configuration; and one that is cheap."""


class RefreshOutcome(Enum):
    """The use of a refresh token that was presented."""

    VALID = auto()
    EXPIRED = auto()
    REUSED = auto()


def check_refresh(*, used: bool, expires_at: datetime, now: datetime) -> RefreshOutcome:
    """Whether a refresh token renews a session.

    One that is presented twice is in two hands, and which of them is the owner's is unknown.
    """
    if used:
        return RefreshOutcome.REUSED
    return RefreshOutcome.VALID if now < expires_at else RefreshOutcome.EXPIRED


def canonical_email(email: str) -> str:
    """The one spelling under which an address is kept: two that name the same mailbox are one account."""
    try:
        return canonical_mailbox(email)
    except ValueError:
        return folded(email)


def folded(text: str) -> str:
    """`text` in a form in which texts that differ in case or Unicode form alone compare equal."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def search_text(email: str, name: str) -> str:
    """The text in which the words of an admin's search are looked for: the address as given and as kept, the name."""
    return f"{folded(email)}\n{canonical_email(email)}\n{folded(name)}"


def search_words(query: str) -> list[str]:
    """The words that an account must contain, all of them."""
    return folded(without_controls(query)).split()


def claims_of(user_id: str, role: str, email: str, *, token_id: str, now: datetime) -> dict[str, str | int]:
    """The claims of an access token."""
    issued_at = int(now.timestamp())
    return {
        "sub": user_id,
        "userId": user_id,
        "role": role,
        "email": email,
        "iat": issued_at,
        "exp": issued_at + int(ACCESS.total_seconds()),
        "jti": token_id,
    }
