"""The development users of a data directory: one per role, with passwords made once and kept beside the data."""

from __future__ import annotations

import secrets
from pathlib import Path

import msgspec

from services_stub.client.user_files import replace_private
from services_stub.contracts.control import DevelopmentUser

ROLES = ("admin", "seller", "user")
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
_GROUPS, _GROUP_LENGTH = 4, 4


class Credentials(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The users, and whether they and the catalogue have been put into the marketplace."""

    users: list[DevelopmentUser]
    seeded: bool = False

    def of(self, role: str) -> DevelopmentUser:
        """The user of a role."""
        return next(user for user in self.users if user.role == role)


def load_or_make(path: Path) -> Credentials:
    """The users of the data directory; made on the first start."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Credentials)
    except (FileNotFoundError, msgspec.MsgspecError):
        users = [DevelopmentUser(role=role, email=f"{role}@example.com", password=_password()) for role in ROLES]
        made = Credentials(users=users)
        save(path, made)
        return made


def save(path: Path, credentials: Credentials) -> None:
    """Keep the users where only their owner reads them."""
    replace_private(path, credentials)


def _password() -> str:
    groups = ("".join(secrets.choice(_ALPHABET) for _ in range(_GROUP_LENGTH)) for _ in range(_GROUPS))
    return "-".join(groups)
