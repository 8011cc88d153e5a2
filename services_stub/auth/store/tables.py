"""The tables. Times are whole microseconds of Unix time."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, MetaData, String, Table, Text

TABLES = MetaData()

users = Table(
    "users",
    TABLES,
    Column("user_id", String, primary_key=True),
    Column("email", Text, nullable=False),
    Column("email_key", Text, nullable=False, unique=True),
    Column("role", String, nullable=False),
    Column("name", Text, nullable=False),
    Column("phone", Text, nullable=False),
    Column("search_text", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("blocked", Boolean, nullable=False),
    Column("blocked_reason", Text, nullable=False),
    # The time (RFC 3339) and id of the newest event of a block or its end; empty where there was none.
    Column("block_at", String, nullable=False),
    Column("block_event_id", String, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    # When the user ended all sessions; null where that never was.
    Column("sessions_ended_at", BigInteger),
    Index("users_by_sessions_ended", "sessions_ended_at"),
    Index("users_by_role", "role", "user_id"),
)

refresh_tokens = Table(
    "refresh_tokens",
    TABLES,
    # Only the hash: reading the database does not allow to renew a session.
    Column("token_hash", String, primary_key=True),
    Column("family_id", String, nullable=False),
    Column("user_id", String, nullable=False),
    # When it was exchanged for the next one; null where it was not.
    Column("used_at", BigInteger),
    # When its session was begun by a login.
    Column("begun_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Index("refresh_tokens_by_family", "family_id"),
    Index("refresh_tokens_by_user", "user_id"),
    Index("refresh_tokens_by_expiry", "expires_at"),
)
