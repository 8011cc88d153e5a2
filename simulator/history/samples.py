"""Samples of a run, about one a second: how far consumers are behind, and what the processes use.

A file of them has one JSON object a line. A line that was cut off is none.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import msgspec

S = TypeVar("S")

SIMULATOR = "simulator"
"""The name of the processes of the run itself, workers included, among those of the marketplace."""


class Lag(msgspec.Struct, frozen=True):
    """Of a group: the records before it, and the age of the oldest of them in seconds; 0 without one."""

    records: int = 0
    seconds: float = 0.0


class LagSample(msgspec.Struct, frozen=True):
    """The lag of each group at a time, in microseconds of Unix time."""

    at: int
    groups: dict[str, Lag]


class Usage(msgspec.Struct, frozen=True):
    """Of a process: its CPU time since the sample before as a share of one core, and its resident memory in bytes.

    Pages that processes share count in each of them. A process that was started again has another `pid`.
    """

    pid: int
    cpu: float
    memory: int


class ProcessSample(msgspec.Struct, frozen=True):
    """The processes of the marketplace by their names, and the simulator, at a time in microseconds of Unix time."""

    at: int
    processes: dict[str, Usage]


def samples_in(path: Path, kind: type[S]) -> list[S]:
    """The samples in a file, in their order; none where there is no file.

    Raises:
        OSError: it cannot be read.
    """
    decode = msgspec.json.Decoder(kind).decode
    found = []
    for line in path.read_bytes().splitlines() if path.exists() else ():
        with suppress(msgspec.MsgspecError, UnicodeDecodeError):
            found.append(decode(line))
    return found
