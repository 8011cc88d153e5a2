"""The files of the person who uses a marketplace: the directories for them, and those that only they may read.

The directories follow the XDG base directory specification.
"""

from __future__ import annotations

import os
from pathlib import Path

import msgspec


def default_data_directory() -> Path:
    """`$XDG_DATA_HOME/marketplace`, or `~/.local/share/marketplace`."""
    return _base("XDG_DATA_HOME", ".local/share") / "marketplace"


def cache_directory() -> Path:
    """`$XDG_CACHE_HOME/marketplace`, or `~/.cache/marketplace`: downloads, which can be fetched again."""
    return _base("XDG_CACHE_HOME", ".cache") / "marketplace"


def config_directory() -> Path:
    """`$XDG_CONFIG_HOME/marketplace`, or `~/.config/marketplace`: settings, which a person may edit."""
    return _base("XDG_CONFIG_HOME", ".config") / "marketplace"


def state_directory() -> Path:
    """`$XDG_STATE_HOME/marketplace`, or `~/.local/state/marketplace`: what a program keeps between its runs."""
    return _base("XDG_STATE_HOME", ".local/state") / "marketplace"


def replace_private(path: Path, content: msgspec.Struct) -> None:
    """Put a struct there as indented JSON that only its owner may read, whole or not at all."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.unlink(missing_ok=True)
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(msgspec.json.format(msgspec.json.encode(content)))
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _base(variable: str, fallback: str) -> Path:
    chosen = os.environ.get(variable, "")
    return Path(chosen) if Path(chosen).is_absolute() else Path.home() / fallback
