"""Files that only their owner may read: they hold passwords and tokens."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec


def replace(path: Path, content: msgspec.Struct) -> None:
    """Put a struct there as indented JSON, whole or not at all."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.unlink(missing_ok=True)
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(msgspec.json.format(msgspec.json.encode(content)))
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
