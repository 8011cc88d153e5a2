"""Statements on refresh tokens. The tokens that renewed each other since one login are a family, and so a session."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, insert, select, update

from services_stub.auth.domain import ACCESS
from services_stub.auth.store.tables import ended_sessions, refresh_tokens
from services_stub.contracts.times import to_microseconds
from services_stub.runtime.sql.database import InsertOrIgnore
from services_stub.runtime.sql.transaction import Transaction

_add = insert(refresh_tokens)
_one = select(refresh_tokens).where(refresh_tokens.c.token_hash == bindparam("hash"))
_use = update(refresh_tokens).where(refresh_tokens.c.token_hash == bindparam("hash")).values(used_at=bindparam("at"))
_end = delete(refresh_tokens).where(refresh_tokens.c.family_id == bindparam("family"))
_end_all = delete(refresh_tokens).where(refresh_tokens.c.user_id == bindparam("user"))
_add_ended = InsertOrIgnore(ended_sessions)
_ended = select(ended_sessions.c.family_id, ended_sessions.c.user_id).where(
    ended_sessions.c.ended_at >= bindparam("since")
)
_forget_ended = delete(ended_sessions).where(ended_sessions.c.ended_at < bindparam("before"))
_forget = delete(refresh_tokens).where(refresh_tokens.c.expires_at < bindparam("before"))


def add(
    transaction: Transaction, token: str, family_id: str, user_id: str, *, begun_at: datetime, expires_at: datetime
) -> None:
    """Write down the hash of a new refresh token, and forget those that expired."""
    row = {
        "token_hash": _hash(token),
        "family_id": family_id,
        "user_id": user_id,
        "used_at": None,
        "begun_at": to_microseconds(begun_at),
        "expires_at": to_microseconds(expires_at),
    }
    transaction.execute(_add, row)
    transaction.execute(_forget, {"before": to_microseconds(transaction.now)})


def find(transaction: Transaction, token: str) -> Row[Any] | None:
    """The row of a refresh token."""
    return transaction.execute(_one, {"hash": _hash(token)}).one_or_none()


def use(transaction: Transaction, token: str) -> None:
    """Mark a refresh token as used; it stays known, so that a second use is noticed."""
    transaction.execute(_use, {"hash": _hash(token), "at": to_microseconds(transaction.now)})


def end(transaction: Transaction, family_id: str, user_id: str) -> None:
    """End a session: none of its tokens renews it any more, and it is among those that `ended` names."""
    transaction.execute(_end, {"family": family_id})
    row = {"family_id": family_id, "user_id": user_id, "ended_at": to_microseconds(transaction.now)}
    transaction.execute(_add_ended, row)
    transaction.execute(_forget_ended, {"before": to_microseconds(transaction.now - ACCESS)})


def ended(connection: Connection, since: datetime) -> dict[str, str]:
    """The sessions that were ended one by one since then, and their users."""
    rows = connection.execute(_ended, {"since": to_microseconds(since)})
    return {row.family_id: row.user_id for row in rows}


def end_all(transaction: Transaction, user_id: str) -> None:
    """End every session of a user."""
    transaction.execute(_end_all, {"user": user_id})


def _hash(token: str) -> str:
    # Tokens are random and long, so a plain hash cannot be searched backwards.
    return hashlib.sha256(token.encode()).hexdigest()
