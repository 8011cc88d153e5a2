"""Limits of attempts to log in and to register: by account, by address, and by mailbox.

Failures of one account from one address cost pauses that grow. All addresses together have a limit for an account, too,
which does not hold for an address from which its owner has logged in before: so a stranger elsewhere can slow down
strangers, but not lock the owner out. Who shares the owner's address shares the pauses.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from hashlib import blake2b

import msgspec

from services_stub.contracts.mailbox import canonical_mailbox
from services_stub.gateway.rates import Allowance, GrowingPauses, TokenBuckets

LOGIN, LOGIN_ADDRESS = "login", "login-address"
_LOGIN_PATH, _REGISTER_PATH = "/api/auth/login", "/api/auth/register"
_PASSWORD_PATH = "/api/auth/password"
_FORGOT_PATH, _RESET_PATH = "/api/auth/forgot-password", "/api/auth/reset-password"
_GUARDED = frozenset(
    (b"auth", path) for path in (_LOGIN_PATH, _REGISTER_PATH, _PASSWORD_PATH, _FORGOT_PATH, _RESET_PATH)
)
_MAILING = frozenset({_REGISTER_PATH, _FORGOT_PATH})
_FAILED = frozenset({401, 403, 409})
"""A wrong password, an account that is blocked, an address that is taken: what a guess comes to."""

_MINUTE = 60.0
_BURST_SECONDS = 2
_ADDRESSES = 10
"""An account has the failures of so many addresses."""

_MAILS, _HOUR = 5, 3600.0
"""Registrations of one mailbox in an hour, and tokens for a new password: each may send it a message."""

_MOST_OWNERS = 20_000


class _Credentials(msgspec.Struct):
    email: str = ""


_credentials = msgspec.json.Decoder(_Credentials)


class Attempt(msgspec.Struct, frozen=True):
    """An attempt to log in or register: whether it is admitted, and what of it is given back if it succeeds."""

    allowance: Allowance
    account: str = ""
    address: str = ""
    logs_in: bool = False


class Attempts:
    """The limits by name: `login` in failures of an account a minute, `login-address` in attempts a second."""

    def __init__(self, limits: Mapping[str, float]) -> None:
        failures, of_address = limits.get(LOGIN, 0), limits.get(LOGIN_ADDRESS, 0)
        self._failures = GrowingPauses(_MINUTE / failures, max(1, int(failures))) if failures else None
        self._accounts = (
            TokenBuckets(_ADDRESSES * failures / _MINUTE, max(1, int(_ADDRESSES * failures))) if failures else None
        )
        self._mailboxes = TokenBuckets(_MAILS / _HOUR, _MAILS) if failures else None
        self._addresses = TokenBuckets(of_address, max(1, int(of_address * _BURST_SECONDS))) if of_address else None
        self._owners: OrderedDict[str, None] = OrderedDict()

    def begin(self, service: bytes, path: str, body: bytes, address: str, user_id: str = "") -> Attempt | None:
        """Count a request that tries a password or token, or has mail sent; None where nothing limits it from here on.

        `user_id` is the user of its genuine token, if there is one.

        Each counts as a failure until it has ended, so that many at once are not more than the limit allows.
        """
        if (service, path) not in _GUARDED:
            return None
        if self._addresses is not None and not (allowance := self._addresses.take(address)).admitted:
            return Attempt(allowance)
        email = user_id if path == _PASSWORD_PATH else _email_in(body)
        if not email or self._failures is None or self._accounts is None or self._mailboxes is None:
            return None
        # By path: a stranger who registers with an address must not keep its owner from a new password.
        mailbox = _hash(f"{path} {_mailbox_of(email)}")
        if path in _MAILING and not (allowance := self._mailboxes.take(mailbox)).admitted:
            return Attempt(allowance)
        if path == _FORGOT_PATH:
            return None
        account = _hash(email)
        pair = f"{account} {address}"
        if pair not in self._owners and not (allowance := self._accounts.take(account)).admitted:
            return Attempt(allowance)
        return Attempt(self._failures.take(pair), account, pair, path == _LOGIN_PATH)

    def end(self, attempt: Attempt, status: int) -> None:
        """Say how an admitted attempt ended: only a failure counts, and a login shows an owner."""
        if self._failures is None or self._accounts is None or not attempt.account or status in _FAILED:
            return
        self._failures.give_back(attempt.address)
        if attempt.address not in self._owners:
            self._accounts.give_back(attempt.account)
        if attempt.logs_in and status == 200:
            self._failures.forget(attempt.address)
            self._owners[attempt.address] = None
            self._owners.move_to_end(attempt.address)
            if len(self._owners) > _MOST_OWNERS:
                self._owners.popitem(last=False)


def _email_in(body: bytes) -> str:
    """The address that a body names, the same for each way to write it; empty where there is none."""
    try:
        email = _credentials.decode(body).email
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return ""
    try:
        return canonical_mailbox(email)
    except ValueError:
        return email.casefold()  # auth finds no account with it


def _mailbox_of(email: str) -> str:
    """The mailbox that gets the mail of an address: many have any number of addresses, with what follows a `+`."""
    local, at, domain = email.rpartition("@")
    return local.partition("+")[0] + at + domain


def _hash(text: str) -> str:
    return blake2b(text.encode(errors="replace"), digest_size=16).hexdigest()
