"""Statements on the new passwords that were asked for."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, delete, insert, select, update

from services_stub.auth.domain import canonical_email
from services_stub.auth.store.tables import password_resets, users, waits_for_mail
from services_stub.contracts.times import to_microseconds
from services_stub.runtime.sql.transaction import Transaction

_add = insert(password_resets)
_forget_expired = delete(password_resets).where(password_resets.c.expires_at <= bindparam("now"))
_account = (
    select(users)
    .join(password_resets, password_resets.c.email_key == users.c.email_key)
    .where(password_resets.c.token_hash == bindparam("hash"), password_resets.c.expires_at > bindparam("now"))
)
_waiting: Select[Any] = (
    select(
        password_resets.c.reset_id,
        password_resets.c.expires_at,
        users.c.user_id,
        users.c.email,
        users.c.name,
    )
    .outerjoin(users, users.c.email_key == password_resets.c.email_key)
    .where(waits_for_mail)
    .order_by(password_resets.c.reset_id)
)
_mailed = update(password_resets).where(password_resets.c.reset_id == bindparam("id")).values(mailed_at=bindparam("at"))
_forget = delete(password_resets).where(password_resets.c.reset_id == bindparam("id"))
_forget_all = delete(password_resets).where(password_resets.c.email_key == bindparam("key"))


def add(transaction: Transaction, reset_id: str, email: str, token: str, expires_at: datetime) -> None:
    """Write down that a new password was asked for, with the hash of its token, and forget what expired."""
    row = {
        "reset_id": reset_id,
        "email_key": canonical_email(email),
        "token_hash": _hash(token),
        "expires_at": to_microseconds(expires_at),
        "mailed_at": None,
    }
    transaction.execute(_add, row)
    transaction.execute(_forget_expired, {"now": to_microseconds(transaction.now)})


def find_account(connection: Connection, token: str, now: datetime) -> Row[Any] | None:
    """The account whose password a token sets at `now`."""
    return connection.execute(_account, {"hash": _hash(token), "now": to_microseconds(now)}).one_or_none()


def waiting(connection: Connection, most: int) -> Sequence[Row[Any]]:
    """Those whose mail was not handed over, the oldest first; without a `user_id` where no account has the address."""
    return connection.execute(_waiting.limit(most)).all()


def mark_mailed(transaction: Transaction, reset_id: str) -> None:
    """Take it that the mail was handed over."""
    transaction.execute(_mailed, {"id": reset_id, "at": to_microseconds(transaction.now)})


def forget(transaction: Transaction, reset_id: str) -> None:
    """Delete one."""
    transaction.execute(_forget, {"id": reset_id})


def forget_all(transaction: Transaction, email: str) -> None:
    """Delete those of an account: each of their tokens is worth nothing then."""
    transaction.execute(_forget_all, {"key": canonical_email(email)})


def _hash(token: str) -> str:
    # Tokens are random and long, so a plain hash cannot be searched backwards.
    return hashlib.sha256(token.encode()).hexdigest()
