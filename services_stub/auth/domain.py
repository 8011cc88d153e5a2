"""The rules of accounts and sessions. Pure: they decide, others carry it out."""

from __future__ import annotations

import math
import string
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto

from services_stub.contracts.mailbox import canonical_mailbox
from services_stub.contracts.text import without_controls

_AROUND_WORDS = string.digits + string.punctuation + string.whitespace

ISSUER = "marketplace"
"""The issuer of access tokens: the claim `iss`."""

ACCESS = timedelta(minutes=15)
"""How long an access token is valid; a stolen one is worth as much."""

REFRESH = timedelta(days=30)
"""The life of a session that is not used."""

LONGEST_SESSION = timedelta(days=90)
"""The life of a session, however often it is renewed: then its owner logs in again."""

REPEATED_WITHIN = timedelta(seconds=10)
"""A client that did not get the answer to a renewal asks again within this time, and gets the same token again."""


RESET = timedelta(minutes=30)
"""How long a token that was mailed sets a new password; mail may take a while."""


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
    REPEATED = auto()
    REUSED = auto()


def check_refresh(
    *, used_at: datetime | None, successor_used: bool, expires_at: datetime, now: datetime
) -> RefreshOutcome:
    """Whether a refresh token renews a session.

    One that is presented again later, or after the token that it was exchanged for, is in two hands, and which of them
    is the owner's is unknown.
    """
    if used_at is None:
        return RefreshOutcome.VALID if now < expires_at else RefreshOutcome.EXPIRED
    repeated = now - used_at <= REPEATED_WITHIN and not successor_used
    return RefreshOutcome.REPEATED if repeated else RefreshOutcome.REUSED


def expiry_of(*, begun_at: datetime, now: datetime) -> datetime:
    """When a refresh token that is issued now expires, in a session that was begun then."""
    return min(now + REFRESH, begun_at + LONGEST_SESSION)


def weakness_of(password: str, email: str, is_common: Callable[[str], bool]) -> str:
    """The reason why a password would soon be guessed; empty for none.

    Digits and signs around a word, fewer than it has characters, are tried with it.
    """
    plain, address = password.casefold().strip(), canonical_email(email)
    word = plain.strip(_AROUND_WORDS)
    tried = {plain, word} if len(plain) < 2 * len(word) else {plain}
    if tried & {address, address.rpartition("@")[0]}:
        return "this is your address: choose what others do not know"
    return "this is one of the passwords that are tried first: choose another one" if any(map(is_common, tried)) else ""


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


def claims_of(
    user_id: str, role: str, email: str, *, session_id: str, token_id: str, now: datetime
) -> dict[str, str | float]:
    """The claims of an access token; the time of issue to the millisecond, so that it is before or after a sign-out."""
    issued_at = math.floor(now.timestamp() * 1000) / 1000
    return {
        "iss": ISSUER,
        "sub": user_id,
        "userId": user_id,
        "role": role,
        "email": email,
        "iat": issued_at,
        "exp": int(issued_at + ACCESS.total_seconds()),
        "jti": token_id,
        "sid": session_id,
    }
