"""Statements on accounts."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, false, select, update

from services_stub.auth.domain import canonical_email, search_text, search_words
from services_stub.auth.store.tables import users
from services_stub.contracts.http.auth import SellerBlockChange, SellerName, User
from services_stub.contracts.http.page import DEFAULT_PAGE, Page
from services_stub.contracts.text import is_blank
from services_stub.contracts.times import from_microseconds, rfc3339, to_microseconds
from services_stub.runtime.sql import keyset
from services_stub.runtime.sql.database import InsertOrIgnore
from services_stub.runtime.sql.keyset import SortOrder
from services_stub.runtime.sql.transaction import Transaction

_add = InsertOrIgnore(users)
_by_id = select(users).where(users.c.user_id == bindparam("id"))
_by_email = select(users).where(users.c.email_key == bindparam("key"))
_any_admin = select(users.c.user_id).where(users.c.role == "admin").limit(1)
_blocked = select(users.c.user_id).where(users.c.role == "seller", users.c.blocked.is_(True)).order_by(users.c.user_id)
_names_of_sellers = (
    select(users.c.user_id, users.c.name)
    .where(users.c.role == "seller", users.c.user_id.in_(bindparam("ids", expanding=True)))
    .order_by(users.c.user_id)
)
_set_blocked = (
    update(users)
    .where(users.c.user_id == bindparam("id"))
    .values(
        blocked=bindparam("is_blocked"),
        blocked_reason=bindparam("why"),
        block_at=bindparam("at"),
        block_event_id=bindparam("event"),
    )
)
_set_password_hash = (
    update(users)
    .where(users.c.user_id == bindparam("id"), users.c.password_hash == bindparam("before"))
    .values(password_hash=bindparam("after"))
)
_end_sessions = update(users).where(users.c.user_id == bindparam("id")).values(sessions_ended_at=bindparam("at"))
_sessions_ended = select(users.c.user_id, users.c.sessions_ended_at).where(
    users.c.sessions_ended_at >= bindparam("since")
)
# Identifiers sort by the time they were made.
_NEWEST_FIRST = SortOrder((users.c.user_id,), descending=True)


def add(transaction: Transaction, user: User, password_hash: str) -> bool:
    """Insert an account; False where its address belongs to one already."""
    row = {
        "user_id": user.user_id,
        "email": user.email,
        "email_key": canonical_email(user.email),
        "role": user.role,
        "name": user.name,
        "phone": user.phone,
        "search_text": search_text(user.email, user.name),
        "password_hash": password_hash,
        "blocked": user.blocked,
        "blocked_reason": user.blocked_reason,
        "block_at": "",
        "block_event_id": "",
        "created_at": to_microseconds(transaction.now),
        "sessions_ended_at": None,
    }
    return transaction.execute(_add, row).rowcount == 1


def find(connection: Connection, user_id: str) -> Row[Any] | None:
    """The account with this id."""
    return connection.execute(_by_id, {"id": user_id}).one_or_none()


def find_by_email(connection: Connection, email: str) -> Row[Any] | None:
    """The account with this address, however it is spelt."""
    return connection.execute(_by_email, {"key": canonical_email(email)}).one_or_none()


def has_admin(connection: Connection) -> bool:
    """Whether there is an admin."""
    return connection.execute(_any_admin).one_or_none() is not None


def set_blocked(transaction: Transaction, change: SellerBlockChange, reason: str) -> None:
    """Block an account or take the block back."""
    values = {"id": change.seller_id, "is_blocked": change.blocked, "why": reason}
    transaction.execute(_set_blocked, {**values, "at": change.at, "event": change.event_id})


def set_password_hash(transaction: Transaction, user_id: str, *, before: str, after: str) -> bool:
    """Replace a password's hash; False where it was changed meanwhile."""
    return transaction.execute(_set_password_hash, {"id": user_id, "before": before, "after": after}).rowcount == 1


def blocked_sellers(connection: Connection) -> list[str]:
    """The sellers that are blocked now."""
    return list(connection.scalars(_blocked))


def end_sessions(transaction: Transaction, user_id: str) -> None:
    """Write down that a user ended all sessions now."""
    transaction.execute(_end_sessions, {"id": user_id, "at": to_microseconds(transaction.now)})


def sessions_ended(connection: Connection, since: datetime) -> dict[str, float]:
    """The users who ended all sessions since then, and the times in seconds of Unix time."""
    rows = connection.execute(_sessions_ended, {"since": to_microseconds(since)})
    return {row.user_id: row.sessions_ended_at // 1000 / 1000 for row in rows}


def names_of_sellers(connection: Connection, seller_ids: Collection[str]) -> list[SellerName]:
    """The names of those of these accounts that are sellers, by id."""
    rows = connection.execute(_names_of_sellers, {"ids": list(seller_ids)})
    return [SellerName(seller_id=row.user_id, name=row.name) for row in rows]


def page(connection: Connection, query: str, role: str, cursor: str, limit: int = DEFAULT_PAGE) -> Page[User]:
    """One page of the accounts, the newest first; `query` is looked for in addresses and names.

    Raises:
        Refused: the cursor belongs to another list.
    """
    statement = select(users)
    words = search_words(query)
    if not words and not is_blank(query):
        statement = statement.where(false())
    for word in words:
        statement = statement.where(users.c.search_text.contains(word, autoescape=True))
    if role:
        statement = statement.where(users.c.role == role)
    return keyset.page(connection, statement, _NEWEST_FIRST, cursor, limit, user_of)


def user_of(row: Row[Any]) -> User:
    """An account as its readers get it: without the hash of its password."""
    return User(
        user_id=row.user_id,
        email=row.email,
        role=row.role,
        name=row.name,
        phone=row.phone,
        blocked=row.blocked,
        blocked_reason=row.blocked_reason,
        created_at=rfc3339(from_microseconds(row.created_at)),
    )
