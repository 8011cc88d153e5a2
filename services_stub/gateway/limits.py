"""Rate limits: of each client, and of each address for what needs no account.

A client is the user of a genuine token, else a guest's session, whose address has a limit for all requests without a
token. Everything else about a client can be made up, and so can a token that is not verified yet.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections import OrderedDict
from collections.abc import Mapping, Sequence

from services_stub.contracts.problem import problem
from services_stub.gateway.attempts import LOGIN, LOGIN_ADDRESS, Attempt, Attempts
from services_stub.gateway.rates import MOST_CLIENTS, Allowance, TokenBuckets
from services_stub.runtime.errors import Refused, Unavailable
from services_stub.runtime.tokens import Verifier

RawHeaders = Sequence[tuple[bytes, bytes]]

CLIENT, ADDRESS, GUESTS = "client", "address", "guests"
LIMITS = (CLIENT, ADDRESS, GUESTS, LOGIN, LOGIN_ADDRESS)

_BURST_SECONDS = 2
_SESSION = re.compile(rb"[A-Za-z0-9_-]{1,64}")
_GOES_ON = Allowance(True, 0, 0, 0)

TOO_MANY_REQUESTS = problem(429, "too-many-requests", "too many requests: wait as long as Retry-After says")
TOO_MANY_ATTEMPTS = problem(429, "too-many-attempts", "too many attempts: wait as long as Retry-After says")


def option_of(limit: str) -> str:
    """The option of the service's settings that holds a limit."""
    return f"limit-{limit}"


class RecentGuests:
    """Bounds how many guest sessions an address begins in a second: each may get a cart, which takes memory."""

    def __init__(self, rate: float) -> None:
        self._beginning = TokenBuckets(rate, max(1, int(rate * _BURST_SECONDS)))
        self._known: OrderedDict[bytes, None] = OrderedDict()

    def admit(self, session: bytes, address: str) -> Allowance:
        """Whether a session may go on or begin."""
        if session in self._known:
            self._known.move_to_end(session)
            return _GOES_ON
        allowance = self._beginning.take(address)
        if allowance.admitted:
            self._known[session] = None
            if len(self._known) > MOST_CLIENTS:
                self._known.popitem(last=False)
        return allowance


class Limits:
    """The limits by name, in requests a second (`guests`: in guest sessions that are new); 0 or none is no limit."""

    def __init__(self, limits: Mapping[str, float], verifier: Verifier) -> None:
        self._verifier = verifier
        self._learning: asyncio.Task[None] | None = None
        self.attempts = Attempts(limits)
        self._clients, self._addresses = (
            TokenBuckets(limits[name], max(1, int(limits[name] * _BURST_SECONDS))) if limits.get(name) else None
            for name in (CLIENT, ADDRESS)
        )
        self._guests = RecentGuests(limits[GUESTS]) if limits.get(GUESTS) else None

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
        if not _SESSION.fullmatch(session) or (of_address and not of_address.admitted):
            return of_address
        if self._guests is not None and not (begun := self._guests.admit(session, address)).admitted:
            return begun
        if self._clients is None:
            return of_address
        of_session = self._clients.take(f"{address} {session.decode()}")
        return of_session if of_address is None else min(of_session, of_address, key=_left)

    def begin_attempt(
        self, service: bytes, path: str, body: bytes, headers: RawHeaders, address: str
    ) -> Attempt | None:
        """Count a request that tries a password or registers, see `Attempts`."""
        authorization = next((value for name, value in headers if name == b"authorization"), b"")
        user_id = self._user_of(authorization) if authorization else ""
        return self.attempts.begin(service, path, body, address, user_id)

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
