"""The key that signs unsubscribe links: one file that only the owner of the process can read."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from services_stub.runtime.errors import Unavailable

FILE_NAME = "unsubscribe-key"
_BYTES = 32


def load_or_make(directory: Path) -> bytes:
    """The key in `directory`, made at the first start.

    Raises:
        Unavailable: the file cannot be read or written, or holds no key.
    """
    path = directory / FILE_NAME
    try:
        if not path.exists():
            _write(path, secrets.token_bytes(_BYTES))
        key = path.read_bytes()
    except OSError as error:
        raise Unavailable(f"the key of the unsubscribe links, {path}: {error.strerror}") from error
    if len(key) != _BYTES:
        raise Unavailable(f"{path} holds no key; remove it to have a new one made")
    return key


def _write(path: Path, key: bytes) -> None:
    """Write the whole file or none, and never readable by others, not even for a moment."""
    partial = path.with_suffix(".partial")
    partial.unlink(missing_ok=True)
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(key)
    partial.replace(path)
