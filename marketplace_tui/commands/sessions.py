"""The sessions that live on between commands: the tokens of accounts and a guest's cart, one file for each marketplace.

A file that cannot be read is as good as none: accounts sign in again, and a guest begins a new cart.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from services_stub.client.session import Session
from services_stub.client.user_files import replace_private
from services_stub.contracts.http.auth import Tokens


class Sessions(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The tokens by the e-mail address of their account, and the id of the guest's cart, empty without one."""

    guest_id: str = ""
    tokens: dict[str, Tokens] = {}


def load(path: Path, email: str) -> Session:
    """The session of an account, or of the guest where `email` is empty, as the last command left it."""
    kept = _read(path)
    return Session(tokens=kept.tokens.get(email), guest_id=kept.guest_id)


def keep(path: Path, email: str, session: Session) -> None:
    """Keep the session of an account, or of the guest, beside those of others.

    Raises:
        OSError: the file cannot be written.

    """
    before = _read(path)
    tokens = {name: kept for name, kept in before.tokens.items() if name != email}
    if session.tokens is not None:
        tokens[email] = session.tokens
    after = Sessions(guest_id=session.guest_id, tokens=tokens)
    if after != before:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        replace_private(path, after)


def _read(path: Path) -> Sessions:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Sessions)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return Sessions()
