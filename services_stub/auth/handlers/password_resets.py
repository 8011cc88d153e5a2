"""New passwords for those who forgot theirs, by a token that is mailed to the account's address and works once.

The token is computed from the id of its reset and a key of this service: so it is stored nowhere here, goes into no
event, and is still the same when it is handed over again. The notification service gets it by an internal call.
"""

from __future__ import annotations

import base64
import hmac
from dataclasses import dataclass, field
from functools import partial

import structlog

from services_stub.auth.domain import RESET
from services_stub.auth.handlers.resources import resources_of
from services_stub.auth.handlers.sessions import end_all_that_knew_the_password
from services_stub.auth.store import password_resets, users
from services_stub.contracts.envelope import Cause
from services_stub.contracts.http.notification import PasswordResetMail
from services_stub.contracts.times import from_microseconds
from services_stub.runtime import clock
from services_stub.runtime.context import Context
from services_stub.runtime.errors import Refused
from services_stub.runtime.identifiers import new_id
from services_stub.runtime.periodic import PeriodicWorker
from services_stub.runtime.sql.transaction import Transaction

MAILED_BY = "notification"
_AT_ONCE = 20
_EVERY_SECONDS = 1.0
_ANSWER_WITHIN = 15.0


@dataclass(frozen=True)
class AskForReset:
    """A new password is asked for by the address of an account. `key` is the service's own."""

    email: str
    key: bytes = field(repr=False)


@dataclass(frozen=True)
class ResetPasswordHash:
    """Replace the hash of a password by the token of a reset."""

    token: str = field(repr=False)
    password_hash: str = field(repr=False)


def ask(transaction: Transaction, command: AskForReset) -> None:
    """Write it down, whether or not there is such an account: who asks must not learn that."""
    reset_id = new_id()
    token = token_of(reset_id, command.key)
    password_resets.add(transaction, reset_id, command.email, token, transaction.now + RESET)


def reset(transaction: Transaction, command: ResetPasswordHash) -> None:
    """Set a new password; all sessions of the account end, and all tokens that could set another one."""
    row = password_resets.find_account(transaction.connection, command.token, transaction.now)
    if row is None:
        raise invalid_token()
    users.set_password_hash(transaction, row.user_id, before=row.password_hash, after=command.password_hash)
    end_all_that_knew_the_password(transaction, row.user_id, row.email_key)


def token_of(reset_id: str, key: bytes) -> str:
    """The token of a reset: always the same, and not to be guessed without the key."""
    digest = hmac.digest(key, b"reset:" + reset_id.encode(), "sha256")
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def invalid_token() -> Refused:
    """The refusal of a token, the same whatever is wrong with it."""
    return Refused(403, "reset-token-invalid", "this token is not valid, or not any more: ask for a new mail")


def mail_worker(context: Context) -> PeriodicWorker:
    """Hands the mails over, also those that a crash left, until the notification service has taken them."""
    return PeriodicWorker("password-resets", partial(hand_over, context), _EVERY_SECONDS)


def hand_over(context: Context) -> bool:
    """Hand over the mails that wait; whether there may be more. Waits: for threads.

    Raises:
        Unavailable: the notification service does not answer, or the database is away.
        TimeoutError: there was no answer in time.
    """
    rows = context.run(context.read(password_resets.waiting, _AT_ONCE), _ANSWER_WITHIN)
    for row in rows:
        expires_at, cause = from_microseconds(row.expires_at), Cause("", row.reset_id, "")
        if row.user_id is None or expires_at <= clock.now():
            context.write_from_thread(password_resets.forget, row.reset_id, cause)
            continue
        mail = PasswordResetMail(
            user_id=row.user_id,
            reset_id=row.reset_id,
            email=row.email,
            name=row.name,
            token=token_of(row.reset_id, resources_of(context).signer.reset_key),
        )
        done = password_resets.mark_mailed
        try:
            call = context.peers.call(
                MAILED_BY, "POST", "/internal/password-resets", body=mail, expect=type(None), cause=cause
            )
            context.run(call, _ANSWER_WITHIN)
        except Refused as error:
            structlog.get_logger().error("a mail with a token is refused", user_id=row.user_id, code=error.problem.code)
            done = password_resets.forget
        context.write_from_thread(done, row.reset_id, cause)
    return len(rows) == _AT_ONCE
