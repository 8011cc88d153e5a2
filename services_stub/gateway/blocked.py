"""Refuses at the gateway blocked sellers, and sessions that were ended: their tokens give access to nothing.

The auth service is the source of the set. Its events say at once when it changed, and make the gateway ask again: their
topics are not ordered against each other, the answer of auth is.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import math
import random
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future

import msgspec
import structlog

from services_stub.contracts.events import PasswordChanged, RefreshTokenReused, SellerBlocked, SellerUnblocked
from services_stub.contracts.http.auth import BlockedSellers as BlockedSellersAnswer
from services_stub.contracts.problem import Problem, problem
from services_stub.runtime.context import Context
from services_stub.runtime.errors import Refused, Unavailable
from services_stub.runtime.kafka.records import Record
from services_stub.runtime.kafka.tail import Tail
from services_stub.runtime.retry import pause_after
from services_stub.runtime.sql.transaction import NO_CAUSE
from services_stub.runtime.tokens import Caller

BLOCKING = (SellerBlocked, SellerUnblocked, RefreshTokenReused, PasswordChanged)
"""The events that say that the set changed."""

REFRESH_SECONDS = 30.0
"""How old the set may become without an event: an event that got lost is made good by then."""

_LONGEST_PAUSE = 2.0
_ATTEMPTS_BEFORE_WARNING = 5
"""Everything starts at once, so the first attempts may well come too early."""

_BLOCKED = problem(403, "seller-blocked", "this seller is blocked")
_ENDED = problem(401, "session-ended", "this session was ended: log in again")
_PATH = "/internal/blocked-sellers"
_OVERLAP_SECONDS = 60
"""Auth's writes are seen a little after their time: so the gateway asks from before the last answer."""

ENDING = frozenset(f"/api/auth/{path}" for path in ("logout", "logout-everywhere", "password", "reset-password"))
"""The paths at auth by which a user ends sessions."""


class Claims(msgspec.Struct, rename="camel"):
    """The user and session that a token names, without a check that it is genuine; empty where there is none."""

    user_id: str = ""
    sid: str = ""


_claims = msgspec.json.Decoder(Claims)


def claims_in(authorization: bytes) -> Claims:
    """The claims of a token."""
    payload = authorization.partition(b".")[2].partition(b".")[0]
    try:
        return _claims.decode(base64.urlsafe_b64decode(payload + b"=" * (-len(payload) % 4)))
    except (binascii.Error, msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return Claims()


class BlockedSellers:
    """The set of blocked sellers, and the sessions that were ended, kept up to date.

    `on_blocked` hears of each user that is new, and of the session if it is one alone. A user ends sessions by a
    request that passes here: so the gateway asks again after it (`ask_again`).
    """

    def __init__(self, context: Context, on_blocked: Callable[[str, str], None]) -> None:
        self._context = context
        self._on_blocked = on_blocked
        self._ids: frozenset[str] = frozenset()
        self._ended: dict[str, float] = {}
        self._ended_sessions: dict[str, str] = {}
        self._answered_at = 0
        self._changed = asyncio.Event()
        self._tail: Tail | None = None
        self._following: Future[None] | None = None
        self._chance = random.Random()

    async def refusal(self, headers: Sequence[tuple[bytes, bytes]]) -> Problem | None:
        """The refusal of a request with the genuine token of a blocked seller, or of a session that was ended."""
        if not self._ids and not self._ended and not self._ended_sessions:
            return None
        for name, value in headers:
            if name == b"authorization" and self._may_concern(claims_in(value)):
                caller = await self._genuine(value)
                if caller is not None and (refusal := self.refusal_of(caller)) is not None:
                    return refusal
        return None

    def refusal_of(self, caller: Caller) -> Problem | None:
        """The refusal of a caller whose token is genuine."""
        if caller.user_id in self._ids:
            return _BLOCKED
        ended = caller.issued_at < self._ended.get(caller.user_id, 0.0) or caller.session_id in self._ended_sessions
        return _ENDED if ended else None

    def _may_concern(self, claims: Claims) -> bool:
        return claims.user_id in self._ids or claims.user_id in self._ended or claims.sid in self._ended_sessions

    def ask_again(self) -> None:
        """Ask auth for what has changed, now."""
        self._changed.set()

    def start(self) -> None:
        """Follow the events, and ask auth for the set; until auth answers, no seller is known to be blocked."""
        self._tail = Tail(self._context.settings, [event.topic for event in BLOCKING], self._on_records)
        self._tail.start()
        self._following = asyncio.run_coroutine_threadsafe(self._follow(), self._context.loop)

    def stop(self, timeout: float) -> None:
        """Stop following."""
        if self._following is not None:
            self._following.cancel()
        if self._tail is not None:
            self._tail.stop(timeout)

    def take(self, blocked: set[str]) -> None:
        """`blocked` are blocked from now on, beside those that are already."""
        added = blocked - self._ids
        self._ids |= blocked
        for seller_id in added:
            self._on_blocked(seller_id, "")

    async def refresh(self, *, whole: bool = True) -> None:
        """Ask auth for the set; of sessions that were ended one by one, for all or for those since the last answer.

        Raises:
            Unavailable: auth does not answer.
        """
        since = 0 if whole else max(0, self._answered_at - _OVERLAP_SECONDS)
        answer = await self._context.peers.call(
            "auth", "GET", f"{_PATH}?since={since}", expect=BlockedSellersAnswer, cause=NO_CAUSE
        )
        sessions = {key: user for key, user in answer.ended_sessions.items() if key not in self._ended_sessions}
        if whole:
            self._ended_sessions = answer.ended_sessions
        self._ended_sessions.update(sessions)
        self._answered_at = answer.at
        for session_id, user_id in sessions.items():
            self._on_blocked(user_id, session_id)
        ended = [user for user, at in answer.sessions_ended.items() if self._ended.get(user) != at]
        self._ended = answer.sessions_ended
        for user_id in ended:
            self._on_blocked(user_id, "")
        self._ids &= set(answer.seller_ids)
        self.take(set(answer.seller_ids))

    async def _genuine(self, authorization: bytes) -> Caller | None:
        """The caller of a token; None without a genuine one: the service that it was meant for says what is wrong."""
        try:
            return await self._context.verifier.caller(authorization.decode("latin-1"))
        except (Refused, Unavailable):
            return None

    def _on_records(self, records: list[Record]) -> None:
        told = [record.key for record in records if record.topic == SellerBlocked.topic]
        blocked = {key.decode(errors="replace") for key in told if key}
        self._context.loop.call_soon_threadsafe(self._note, blocked)

    def _note(self, blocked: set[str]) -> None:
        self.take(blocked)
        self._changed.set()

    async def _follow(self) -> None:
        attempt, whole_at = 0, -math.inf
        while True:
            self._changed.clear()
            try:
                begun = time.monotonic()
                whole = begun - whole_at >= REFRESH_SECONDS
                await self.refresh(whole=whole)
                attempt, pause, whole_at = 0, REFRESH_SECONDS, begun if whole else whole_at
            except (Refused, Unavailable) as error:
                attempt += 1
                pause = pause_after(attempt, self._chance, longest=_LONGEST_PAUSE)
                if attempt >= _ATTEMPTS_BEFORE_WARNING:
                    structlog.get_logger().warning("the blocked sellers are not known", reason=str(error))
            try:
                async with asyncio.timeout(pause):
                    await self._changed.wait()
            except TimeoutError:
                continue
