"""Accounts: made by their owners, blocked by admins."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from msgspec import structs

from services_stub.auth.handlers.passwords import Passwords
from services_stub.auth.store import users
from services_stub.contracts.events.auth import SellerBlocked, SellerUnblocked, UserCreated
from services_stub.contracts.http.auth import Role, SellerBlockChange, User
from services_stub.contracts.problem import FieldError
from services_stub.contracts.times import rfc3339
from services_stub.runtime.errors import Refused
from services_stub.runtime.identifiers import new_id
from services_stub.runtime.sql.transaction import Transaction

_MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True)
class RegisterAccount:
    """Register an account; the password is hashed already."""

    email: str
    password_hash: str = field(repr=False)
    role: Role
    name: str
    phone: str


@dataclass(frozen=True)
class EnsureAdmin:
    """The admin that the operator of the marketplace wants there to be."""

    email: str
    password: str = field(repr=False)
    passwords: Passwords


@dataclass(frozen=True)
class SetSellerBlocked:
    """An admin blocks a seller, or takes the block back."""

    seller_id: str
    reason: str
    blocked: bool


@dataclass(frozen=True)
class BlockChanged:
    """The account, and the newest change of its block; None where it was never blocked."""

    user: User
    change: SellerBlockChange | None


def register(transaction: Transaction, command: RegisterAccount) -> User:
    """Make an account, unless the address belongs to one."""
    user = _new_user(transaction, command.email, command.role, command.name, command.phone)
    if not users.add(transaction, user, command.password_hash):
        message = "an account with this address exists"
        raise Refused(409, "email-taken", message, errors=[FieldError(field="email", message=message)])
    created = UserCreated(user_id=user.user_id, email=user.email, role=user.role, name=user.name, phone=user.phone)
    transaction.publish(created)
    return user


def ensure_admin(transaction: Transaction, command: EnsureAdmin) -> None:
    """Make an admin where there is none. No event tells of it: admins are no customers."""
    if users.has_admin(transaction.connection):
        return
    user = _new_user(transaction, command.email, "admin", "Admin", "")
    # The hash is made here, in the writer's thread, because it is needed once in the life of a database.
    if not users.add(transaction, user, command.passwords.hash_now(command.password)):
        structlog.get_logger().error("no admin was made: the address belongs to another account", email=command.email)


def block(transaction: Transaction, command: SetSellerBlocked) -> BlockChanged:
    """Block a seller or take the block back, and say so; doing it again changes nothing and publishes nothing."""
    row = users.find(transaction.connection, command.seller_id)
    if row is None or row.role != "seller":
        raise Refused(404, "seller-not-found", "there is no such seller")
    if row.blocked == command.blocked:
        known = (
            SellerBlockChange(seller_id=row.user_id, blocked=row.blocked, at=row.block_at, event_id=row.block_event_id)
            if row.block_at
            else None
        )
        return BlockChanged(users.user_of(row), known)
    kept_reason = command.reason if command.blocked else ""
    event = SellerBlocked if command.blocked else SellerUnblocked
    # Others tell by their times which change is the last, also where the clock was set back in between.
    after_last = datetime.fromisoformat(row.block_at) + _MOMENT if row.block_at else transaction.now
    at = max(transaction.now, after_last)
    envelope = transaction.publish(event(seller_id=row.user_id, reason=command.reason), at=at)
    change = SellerBlockChange(seller_id=row.user_id, blocked=command.blocked, at=envelope.time, event_id=envelope.id)
    users.set_blocked(transaction, change, kept_reason)
    user = structs.replace(users.user_of(row), blocked=command.blocked, blocked_reason=kept_reason)
    return BlockChanged(user, change)


def _new_user(transaction: Transaction, email: str, role: Role, name: str, phone: str) -> User:
    return User(
        user_id=new_id(),
        email=unicodedata.normalize("NFC", email),
        role=role,
        name=name,
        phone=phone,
        blocked=False,
        blocked_reason="",
        created_at=rfc3339(transaction.now),
    )
