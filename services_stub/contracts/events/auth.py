"""Events of the auth service: users, sellers blocked and unblocked, sessions that look stolen, and new passwords."""

from __future__ import annotations

from typing import ClassVar

from services_stub.contracts import topics
from services_stub.contracts.base import Event, Id


class UserCreated(Event, frozen=True, kw_only=True):
    """An account was registered, of a user or seller. `name` and `phone` may be empty."""

    topic: ClassVar[str] = topics.USER_CREATED
    key: ClassVar[str] = "user_id"

    user_id: Id
    email: str
    role: str
    name: str = ""
    phone: str = ""


class SellerBlocked(Event, frozen=True, kw_only=True):
    """An admin blocked a seller: no product of theirs can be bought from now on."""

    topic: ClassVar[str] = topics.SELLER_BLOCKED
    key: ClassVar[str] = "seller_id"

    seller_id: Id
    reason: str


class SellerUnblocked(Event, frozen=True, kw_only=True):
    """An admin took the block back."""

    topic: ClassVar[str] = topics.SELLER_UNBLOCKED
    key: ClassVar[str] = "seller_id"

    seller_id: Id
    reason: str


class RefreshTokenReused(Event, frozen=True, kw_only=True):
    """A refresh token came back after it was exchanged, so there may be a copy of it: its session was ended."""

    topic: ClassVar[str] = topics.REFRESH_TOKEN_REUSED
    key: ClassVar[str] = "user_id"

    user_id: Id


class PasswordChanged(Event, frozen=True, kw_only=True):
    """The password of an account was replaced, by its owner or by a mailed token: all its sessions were ended."""

    topic: ClassVar[str] = topics.PASSWORD_CHANGED
    key: ClassVar[str] = "user_id"

    user_id: Id
