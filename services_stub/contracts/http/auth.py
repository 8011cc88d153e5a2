"""Bodies of the auth service."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from services_stub.contracts.base import Body, Id, Request
from services_stub.contracts.mailbox import EMAIL, canonical_mailbox
from services_stub.contracts.text import LINE, PHONE, trim
from services_stub.contracts.times import RFC3339, moment_of, to_microseconds

Email = Annotated[str, Meta(min_length=3, max_length=254)]
NewEmail = Annotated[str, Meta(min_length=3, max_length=254, pattern=EMAIL)]
Password = Annotated[str, Meta(min_length=8, max_length=128)]
Role = Literal["user", "seller", "admin"]


class Register(Request, frozen=True, kw_only=True):
    """Become a user or seller. No request can register an admin."""

    email: NewEmail
    password: Password
    role: Literal["user", "seller"] = "user"
    name: Annotated[str, Meta(max_length=100, pattern=LINE)] = ""
    phone: Annotated[str, Meta(max_length=25, pattern=PHONE)] = ""

    def __post_init__(self) -> None:
        """Refuse addresses that no mail can go to, and trim the texts."""
        trim(self, "name", "phone")
        try:
            canonical_mailbox(self.email)
        except ValueError as error:
            raise ValueError(f"`email` is not an e-mail address: {error}") from error


class Login(Request, frozen=True, kw_only=True):
    """E-mail and password."""

    email: Email
    password: Annotated[str, Meta(min_length=1, max_length=128)]


class ChangePassword(Request, frozen=True, kw_only=True):
    """The password as it is, and the one to have from now on."""

    current_password: Annotated[str, Meta(min_length=1, max_length=128)]
    new_password: Password


class ForgotPassword(Request, frozen=True, kw_only=True):
    """The address of an account whose password is not known any more."""

    email: Email


class ResetPassword(Request, frozen=True, kw_only=True):
    """The token of a mail, usable once, and the password to have from now on."""

    token: Annotated[str, Meta(min_length=1, max_length=200)]
    new_password: Password


class Refresh(Request, frozen=True, kw_only=True):
    """A refresh token, usable once."""

    refresh_token: Annotated[str, Meta(min_length=1, max_length=200)]


class User(Body, frozen=True, kw_only=True):
    """An account. `blocked` is only ever true for sellers."""

    user_id: Id
    email: str
    role: Role
    name: str
    phone: str
    blocked: bool
    blocked_reason: str
    created_at: str


class SellerName(Body, frozen=True, kw_only=True):
    """A seller as shoppers see them; `name` is empty where the seller gave none."""

    seller_id: Id
    name: str


MOST_NAMED_ORDERS = 100
"""So many of the orders that a block cancelled are named; all are counted."""


class SellerBlock(User, frozen=True, kw_only=True):
    """A seller's account after it was blocked or unblocked.

    `cancelled_orders` are those that the block has cancelled by now, of which `MOST_NAMED_ORDERS` are named. Services
    in `not_reached` did not answer in time: they hear of it by the event, and do then all that the block demands.
    """

    cancelled_orders: int = 0
    cancelled_order_ids: list[Id] = []
    not_reached: list[str] = []


class SellerBlockChange(Request, frozen=True, kw_only=True):
    """Internal: a seller was blocked, or unblocked, at the time (RFC 3339 in UTC) and with the id of its event."""

    seller_id: Id
    blocked: bool
    at: Annotated[str, Meta(pattern=RFC3339)]
    event_id: Annotated[str, Meta(min_length=1, max_length=200)]

    def __post_init__(self) -> None:
        """Refuse what is no time."""
        try:
            self.moment()
        except ValueError as error:
            raise ValueError("`at` is no time") from error

    def moment(self) -> tuple[int, str]:
        """The time in microseconds since 1970, and the event: of two changes the later one has the greater moment."""
        return to_microseconds(moment_of(self.at)), self.event_id


class BlockEffect(Body, frozen=True, kw_only=True):
    """Internal: the orders that the change has cancelled, of which `MOST_NAMED_ORDERS` are named."""

    cancelled_orders: int = 0
    order_ids: list[Id] = []


class Tokens(Body, frozen=True, kw_only=True):
    """An access token (a JWT, valid for `expires_in` seconds) and the refresh token that renews it once."""

    access_token: str
    refresh_token: str
    expires_in: int
    user: User
    token_type: Literal["Bearer"] = "Bearer"


class Key(Body, frozen=True, kw_only=True):
    """A public Ed25519 key as a JSON Web Key (RFC 8037)."""

    kid: str
    x: str
    kty: Literal["OKP"] = "OKP"
    crv: Literal["Ed25519"] = "Ed25519"
    alg: Literal["EdDSA"] = "EdDSA"
    use: Literal["sig"] = "sig"


class KeySet(Body, frozen=True, kw_only=True):
    """The keys that access tokens are verified with (RFC 7517)."""

    keys: list[Key]


class BlockedSellers(Body, frozen=True, kw_only=True):
    """Internal: the sellers that are blocked now, and the sessions that ended lately.

    `sessions_ended` has Unix time in seconds by user: access tokens that were issued before are not valid any more.
    `ended_sessions` has the users of sessions that were ended one by one, by the session. `at` is the time of the
    answer, in seconds of Unix time.
    """

    seller_ids: list[Id]
    sessions_ended: dict[str, float] = {}
    ended_sessions: dict[str, str] = {}
    at: int = 0
