"""Rate limits: of each client, and stricter ones of those who try to log in or register.

A client is the user of a genuine token, else a guest's session, whose address has a limit for all requests without a
token. Everything else about a client can be made up, and so can a token that is not verified yet.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Mapping, Sequence
from hashlib import blake2b

import msgspec

from services_stub.contracts.mailbox import canonical_mailbox
from services_stub.contracts.problem import problem
from services_stub.gateway.rates import Allowance, TokenBuckets
from services_stub.runtime.errors import Refused, Unavailable
from services_stub.runtime.tokens import Verifier

RawHeaders = Sequence[tuple[bytes, bytes]]

CLIENT, ADDRESS, LOGIN, LOGIN_ADDRESS = LIMITS = ("client", "address", "login", "login-address")

_BURST_SECONDS = 2
_MINUTE = 60.0
_SESSION = re.compile(rb"[A-Za-z0-9_-]{1,64}")
_GUARDED = frozenset({(b"auth", "/api/auth/login"), (b"auth", "/api/auth/register")})
_FAILED = frozenset({401, 403, 409})
"""A wrong password, an account that is blocked, an address that is taken: what a guess comes to."""

TOO_MANY_REQUESTS = problem(429, "too-many-requests", "too many requests: wait as long as Retry-After says")
TOO_MANY_ATTEMPTS = problem(429, "too-many-attempts", "too many attempts: wait as long as Retry-After says")


def option_of(limit: str) -> str:
    """The option of the service's settings that holds a limit."""
    return f"limit-{limit}"


class _Credentials(msgspec.Struct):
    email: str = ""


_credentials = msgspec.json.Decoder(_Credentials)


class Attempt(msgspec.Struct, frozen=True):
    """An attempt to log in or register: what its account has left, and whether the attempt is refused."""

    account: str
    allowance: Allowance


class Limits:
    """The limits by name, in requests a second (`login`: failures of one account a minute); 0 or none is no limit."""

    def __init__(self, limits: Mapping[str, float], verifier: Verifier) -> None:
        self._verifier = verifier
        self._learning: asyncio.Task[None] | None = None
        self._clients, self._addresses, self._login_addresses = (
            TokenBuckets(limits[name], max(1, int(limits[name] * _BURST_SECONDS))) if limits.get(name) else None
            for name in (CLIENT, ADDRESS, LOGIN_ADDRESS)
        )
        attempts = limits.get(LOGIN, 0)
        self._accounts = TokenBuckets(attempts / _MINUTE, max(1, int(attempts))) if attempts else None

    def admit(self, headers: RawHeaders, address: str) -> Allowance | None:
        """Count a request of a client; None where it has no limit."""
        authorization = session = b""
        for name, value in headers:
            if name == b"authorization":
                authorization = value
            elif name == b"x-session-id":
                session = value
        if authorization and (user_id := self._user_of(authorization)):
            return None if self._clients is None else self._clients.take(user_id)
        of_address = None if self._addresses is None else self._addresses.take(address)
        if self._clients is None or not _SESSION.fullmatch(session) or (of_address and not of_address.admitted):
            return of_address
        of_session = self._clients.take(f"{address} {session.decode()}")
        return of_session if of_address is None else min(of_session, of_address, key=_left)

    def begin_attempt(self, service: bytes, path: str, body: bytes, address: str) -> Attempt | None:
        """Count a request that tries to log in or register; None for every other request, and where nothing limits it.

        Each counts as a failure until it has ended, so that many at once are not more than the limit allows.
        """
        if (service, path) not in _GUARDED:
            return None
        if self._login_addresses is not None:
            of_address = self._login_addresses.take(address)
            if not of_address.admitted:
                return Attempt("", of_address)
        if self._accounts is None:
            return None
        account = _account_in(body)
        return Attempt(account, self._accounts.take(account)) if account else None

    def end_attempt(self, attempt: Attempt, status: int) -> None:
        """Say how an attempt ended: only a failure counts."""
        if self._accounts is not None and attempt.account and status not in _FAILED:
            self._accounts.give_back(attempt.account)

    def _user_of(self, authorization: bytes) -> str:
        """The user of a token that is known to be genuine, else nothing."""
        text = authorization.decode("latin-1")
        try:
            caller = self._verifier.recognized(text)
        except Refused:
            return ""
        if caller is None and (self._learning is None or self._learning.done()):
            # The keys are not known yet: requests do not wait for them, so this one counts by its address.
            self._learning = asyncio.ensure_future(self._learn(text))
        return "" if caller is None else caller.user_id

    async def _learn(self, authorization: str) -> None:
        with contextlib.suppress(Refused, Unavailable):
            await self._verifier.caller(authorization)


def headers_of(allowance: Allowance) -> list[tuple[bytes, bytes]]:
    """The headers that tell a client what it has left (IETF draft `ratelimit-headers`), and when to come back."""
    headers = [
        (b"ratelimit-limit", b"%d" % allowance.limit),
        (b"ratelimit-remaining", b"%d" % allowance.remaining),
        (b"ratelimit-reset", b"%d" % allowance.reset),
    ]
    if not allowance.admitted:
        headers.append((b"retry-after", b"%d" % allowance.retry_after))
    return headers


def _left(allowance: Allowance) -> tuple[bool, int]:
    return allowance.admitted, allowance.remaining


def _account_in(body: bytes) -> str:
    """The account that a body names, in a form that is short and the same for each way to write its address."""
    try:
        email = _credentials.decode(body).email
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return ""
    try:
        email = canonical_mailbox(email)
    except ValueError:
        email = email.casefold()  # auth finds no account with it
    return blake2b(email.encode(errors="replace"), digest_size=16).hexdigest() if email else ""
