"""The development users of a data directory: one per role, with passwords made once and kept beside the data."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import msgspec

ROLES = ("admin", "seller", "user")
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
_GROUPS, _GROUP_LETTERS = 4, 4


class Credential(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Who signs in as what."""

    role: str
    email: str
    password: str


class Credentials(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The users, and whether they and the catalogue have been put into the marketplace."""

    users: list[Credential]
    seeded: bool = False

    def of(self, role: str) -> Credential:
        """The user of a role."""
        return next(user for user in self.users if user.role == role)


def load_or_make(path: Path) -> Credentials:
    """The users of the data directory; made on the first start."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Credentials)
    except (FileNotFoundError, msgspec.MsgspecError):
        users = [Credential(role=role, email=f"{role}@example.com", password=_password()) for role in ROLES]
        made = Credentials(users=users)
        save(path, made)
        return made


def save(path: Path, credentials: Credentials) -> None:
    """Keep the users where only their owner reads them."""
    replace_private(path, msgspec.json.format(msgspec.json.encode(credentials)))


def replace_private(path: Path, content: bytes) -> None:
    """Put a file there whole or not at all, readable by its owner only."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.unlink(missing_ok=True)
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _password() -> str:
    groups = ("".join(secrets.choice(_LETTERS) for _ in range(_GROUP_LETTERS)) for _ in range(_GROUPS))
    return "-".join(groups)
