"""The account of a client process of the run, in a file that outlives its kill: one line an entry.

Times are those of `time.monotonic`, which all processes of a machine share.
"""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path
from typing import TypeAlias

import msgspec


class Acknowledged(msgspec.Struct, tag=True, array_like=True):
    """A producer's record is in the log. `sequence` counts what one process has sent to the partition."""

    producer: str
    partition: int
    sequence: int
    offset: int


class Assigned(msgspec.Struct, tag=True, array_like=True):
    """A consumer, or one that looks, was given an offset from which a group goes on; it had asked after `since`."""

    group: str
    partition: int
    offset: int
    since: float


class Read(msgspec.Struct, tag=True, array_like=True):
    """A consumer has read the records from `first` to `last`, whose values have this CRC-32."""

    group: str
    partition: int
    first: int
    last: int
    crc: int


class Committed(msgspec.Struct, tag=True, array_like=True):
    """The broker has acknowledged at `time` a group's offset that was sent after `since`."""

    group: str
    partition: int
    offset: int
    since: float
    time: float


class Problem(msgspec.Struct, tag=True, array_like=True):
    """The client met what it must not meet."""

    text: str


Entry: TypeAlias = Acknowledged | Assigned | Read | Committed | Problem
_DECODER: msgspec.json.Decoder[Entry] = msgspec.json.Decoder(Entry)


class Journal:
    """Writes entries; each is in the file when `write` returns."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def write(self, *entries: Entry) -> None:
        """Write entries in one piece."""
        os.write(self._file, b"".join([msgspec.json.encode(entry) + b"\n" for entry in entries]))

    def problem(self, text: object) -> None:
        """Write what must not be."""
        self.write(Problem(str(text)))


def entries(path: Path) -> list[Entry]:
    """All entries of a file; the kill may have torn the last one."""
    found: list[Entry] = []
    with contextlib.suppress(msgspec.DecodeError):
        found.extend(map(_DECODER.decode, path.read_bytes().splitlines()))
    return found


def now() -> float:
    """The time that entries have."""
    return time.monotonic()
