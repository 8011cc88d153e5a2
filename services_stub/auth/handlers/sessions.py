"""Sessions: opened by a login, renewed by refresh tokens that work once, ended by their owner or by a theft."""

from __future__ import annotations

import base64
import hmac
import secrets
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from services_stub.auth.domain import RefreshOutcome, check_refresh, expiry_of
from services_stub.auth.store import password_resets, sessions, users
from services_stub.contracts.events.auth import PasswordChanged, RefreshTokenReused
from services_stub.contracts.http.auth import User
from services_stub.contracts.times import from_microseconds
from services_stub.runtime.errors import Refused
from services_stub.runtime.identifiers import new_id
from services_stub.runtime.sql.transaction import Transaction


@dataclass(frozen=True)
class OpenSession:
    """Open a session after the right password; `rehashed` replaces the hash that it was checked against."""

    user_id: str
    password_hash: str = field(repr=False)
    rehashed: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Session:
    """Whose session it is, its id, and the token that renews it once."""

    user: User
    session_id: str
    refresh_token: str = field(repr=False)


@dataclass(frozen=True)
class ChangePasswordHash:
    """Replace the hash `before`, against which the password was checked, by `after`."""

    user_id: str
    before: str = field(repr=False)
    after: str = field(repr=False)


@dataclass(frozen=True)
class Renew:
    """Renew a session by its refresh token. `key` is the service's own."""

    token: str = field(repr=False)
    key: bytes = field(repr=False)

    def successor(self) -> str:
        """The token that comes after this one: always the same, and not to be guessed without the key."""
        digest = hmac.digest(self.key, b"refresh:" + self.token.encode(), "sha256")
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def log_in(transaction: Transaction, command: OpenSession) -> Session:
    """Open a session, unless the account is blocked."""
    user = _user_allowed_in(transaction, command.user_id)
    if command.rehashed is not None:
        users.set_password_hash(transaction, command.user_id, before=command.password_hash, after=command.rehashed)
    return _issue(transaction, user, secrets.token_urlsafe(32), new_id(), transaction.now)


def change_password(transaction: Transaction, command: ChangePasswordHash) -> Session:
    """Replace a password's hash, end every session of its user, and begin a new one."""
    user = _user_allowed_in(transaction, command.user_id)
    if not users.set_password_hash(transaction, command.user_id, before=command.before, after=command.after):
        raise Refused(409, "password-changed", "the password was changed meanwhile")
    end_all_that_knew_the_password(transaction, command.user_id, user.email)
    return _issue(transaction, user, secrets.token_urlsafe(32), new_id(), transaction.now)


def refresh(transaction: Transaction, command: Renew) -> Session | None:
    """Renew a session; None where the token is not good for it.

    A token that was used before ends its session, and that must last: so it is answered, not raised.
    """
    known = sessions.find(transaction, command.token)
    if known is None:
        return None
    used_at = None if known.used_at is None else from_microseconds(known.used_at)
    successor = None if used_at is None else sessions.find(transaction, command.successor())
    successor_used = used_at is not None and (successor is None or successor.used_at is not None)
    expires_at = from_microseconds(known.expires_at)
    match check_refresh(used_at=used_at, successor_used=successor_used, expires_at=expires_at, now=transaction.now):
        case RefreshOutcome.REUSED:
            structlog.get_logger().warning("a refresh token was used twice; its session ends", user_id=known.user_id)
            sessions.end(transaction, known.family_id, known.user_id)
            transaction.publish(RefreshTokenReused(user_id=known.user_id))
            return None
        case RefreshOutcome.EXPIRED:
            return None
        case RefreshOutcome.REPEATED:
            return Session(_user_allowed_in(transaction, known.user_id), known.family_id, command.successor())
        case RefreshOutcome.VALID:
            user = _user_allowed_in(transaction, known.user_id)
            sessions.use(transaction, command.token)
            begun_at = from_microseconds(known.begun_at)
            return _issue(transaction, user, command.successor(), known.family_id, begun_at)


def log_out(transaction: Transaction, token: str) -> None:
    """End the session of a refresh token, with its access tokens; nothing where there is none."""
    known = sessions.find(transaction, token)
    if known is not None:
        sessions.end(transaction, known.family_id, known.user_id)


def log_out_everywhere(transaction: Transaction, user_id: str) -> None:
    """End every session of a user, with the access tokens that were issued until now."""
    sessions.end_all(transaction, user_id)
    users.end_sessions(transaction, user_id)


def end_all_that_knew_the_password(transaction: Transaction, user_id: str, email: str) -> None:
    """End, once the password is another one, all sessions and all mailed tokens; the owner is told by an event."""
    password_resets.forget_all(transaction, email)
    log_out_everywhere(transaction, user_id)
    transaction.publish(PasswordChanged(user_id=user_id))


def _issue(transaction: Transaction, user: User, token: str, family_id: str, begun_at: datetime) -> Session:
    expires_at = expiry_of(begun_at=begun_at, now=transaction.now)
    sessions.add(transaction, token, family_id, user.user_id, begun_at=begun_at, expires_at=expires_at)
    return Session(user, family_id, token)


def _user_allowed_in(transaction: Transaction, user_id: str) -> User:
    row = users.find(transaction.connection, user_id)
    if row is None:
        raise Refused(401, "account-gone", "the account does not exist any more")
    if row.blocked:
        raise Refused(403, "seller-blocked", "your account is blocked", reason=row.blocked_reason)
    return users.user_of(row)
