"""The development users of a data directory, one per role, and the passwords of its cart store and its broker.

They are made once, and kept.
"""

from __future__ import annotations

import secrets
from pathlib import Path

import msgspec

from services_stub.client.user_files import replace_private
from services_stub.contracts.control import DevelopmentUser

ROLES = ("admin", "seller", "user")
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
_GROUPS, _GROUP_LENGTH = 4, 4
_TOKEN_BYTES = 24


class Credentials(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The users, whether they and the catalogue have been put into the marketplace, and passwords.

    That of the embedded broker is asked for only if the marketplace was started so.
    """

    users: list[DevelopmentUser]
    seeded: bool = False
    cart_store_password: str = ""
    kafka_password: str = ""

    def of(self, role: str) -> DevelopmentUser:
        """The user of a role."""
        return next(user for user in self.users if user.role == role)


def load_or_make(path: Path) -> Credentials:
    """Those of the data directory; what is missing there is made."""
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Credentials)
    except (FileNotFoundError, msgspec.MsgspecError):
        users = [DevelopmentUser(role=role, email=f"{role}@example.com", password=_password()) for role in ROLES]
        found = Credentials(users=users)
    missing = [name for name in ("cart_store_password", "kafka_password") if not getattr(found, name)]
    if missing:
        found = msgspec.structs.replace(found, **{name: secrets.token_urlsafe(_TOKEN_BYTES) for name in missing})
        save(path, found)
    return found


def save(path: Path, credentials: Credentials) -> None:
    """Keep them where only their owner reads them."""
    replace_private(path, credentials)


def _password() -> str:
    groups = ("".join(secrets.choice(_ALPHABET) for _ in range(_GROUP_LENGTH)) for _ in range(_GROUPS))
    return "-".join(groups)
