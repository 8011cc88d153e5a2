"""The runs whose directories lie on a machine: which there are, and how far each of them is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import psutil

from simulator.history.directory import RunDirectory
from simulator.history.progress import Begun, ProgressReader
from simulator.history.verdict import result_words

UNDER_WAY, KILLED = "under way", "killed"

_CLOCK_SECONDS = 60.0
"""The clock of a machine is set by less than this between the start of a process and its first line."""


def newest_runs(runs: Path) -> Iterator[RunDirectory]:
    """The directories of runs that have told progress, the newest first: their names begin with their times.

    Raises:
        OSError: they cannot be listed.
    """
    for path in sorted(runs.iterdir() if runs.is_dir() else (), reverse=True):
        found = RunDirectory(path)
        if found.progress.is_file():
            yield found


def is_carried_out(begun: Begun) -> bool:
    """Whether the process of a run is there; not another one that has its number by now."""
    try:
        process = psutil.Process(begun.pid)
        started = process.create_time()
        return process.status() != psutil.STATUS_ZOMBIE and started <= begun.at / 1_000_000 + _CLOCK_SECONDS
    except (psutil.Error, ValueError, OverflowError):  # a number that no process can have
        return False


class _Summary(msgspec.Struct, rename="camel"):
    verdict: str
    exit_code: int


def status_of(directory: RunDirectory) -> tuple[Begun | None, str, bool]:
    """The beginning of a run; its result in words, or that it is under way, or was killed; and whether it has a result.

    Raises:
        OSError: its files cannot be read.
    """
    first = next(ProgressReader(directory.progress).new(), None)
    begun = first if isinstance(first, Begun) else None
    try:
        summary = msgspec.json.decode(directory.summary.read_bytes(), type=_Summary)
    except (FileNotFoundError, msgspec.MsgspecError, UnicodeDecodeError):
        return begun, UNDER_WAY if begun is not None and is_carried_out(begun) else KILLED, False
    return begun, result_words(summary.verdict, summary.exit_code), True
