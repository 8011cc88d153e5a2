"""The tables. Times are whole microseconds of Unix time."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, MetaData, String, Table, Text, text

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

# Sessions whose access tokens may not have expired yet.
ended_sessions = Table(
    "ended_sessions",
    TABLES,
    Column("family_id", String, primary_key=True),
    Column("user_id", String, nullable=False),
    Column("ended_at", BigInteger, nullable=False),
    Index("ended_sessions_by_time", "ended_at"),
)

# As text, because a database only sees that a partial index fits where the value stands in the statement.
waits_for_mail = text("mailed_at IS NULL")
# New passwords that were asked for, whether or not an account has the address: so the answer takes as long.
password_resets = Table(
    "password_resets",
    TABLES,
    Column("reset_id", String, primary_key=True),
    Column("email_key", Text, nullable=False),
    # Only the hash: reading the database does not allow to set a password.
    Column("token_hash", String, nullable=False, unique=True),
    Column("expires_at", BigInteger, nullable=False),
    # When the notification service took the mail over; null where it did not.
    Column("mailed_at", BigInteger),
    Index("password_resets_waiting", "reset_id", sqlite_where=waits_for_mail, postgresql_where=waits_for_mail),
    Index("password_resets_by_email", "email_key"),
    Index("password_resets_by_expiry", "expires_at"),
)
