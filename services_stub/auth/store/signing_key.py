"""The private key that signs access tokens: one file that only the owner of the process can read."""

from __future__ import annotations

import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from services_stub.runtime.errors import Unavailable

FILE_NAME = "signing-key.pem"


def load_or_make(directory: Path) -> Ed25519PrivateKey:
    """The key in `directory`, made at the first start.

    Raises:
        Unavailable: the file cannot be read or written, or holds no Ed25519 key.
    """
    path = directory / FILE_NAME
    try:
        if not path.exists():
            _write(path, Ed25519PrivateKey.generate())
        key = load_pem_private_key(path.read_bytes(), password=None)
    except OSError as error:
        raise Unavailable(f"the signing key {path}: {error.strerror}") from error
    except ValueError as error:
        raise Unavailable(f"{path} holds no key; remove it to have a new one made") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise Unavailable(f"{path} holds no Ed25519 key; remove it to have a new one made")
    return key


def _write(path: Path, key: Ed25519PrivateKey) -> None:
    """Write the whole file or none, and never readable by others, not even for a moment."""
    partial = path.with_suffix(".partial")
    partial.unlink(missing_ok=True)
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    partial.replace(path)
