"""The progress of a run while it goes on, in the file `progress.jsonl`, for those who watch it from another process.

One JSON object a line. A line is appended whole and never changed; its key `kind` says which of the classes here it is,
and further keys may come with later versions. `at` is in microseconds of Unix time, latencies are in milliseconds.
`begun` comes first and `ended` last; where `ended` is missing the run is under way, or it was killed: then the process
`pid` of `begun` is gone.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Annotated, Self, TypeAlias

import msgspec

from simulator.history.operations import FaultRecord


class Phase(StrEnum):
    """A part of a run; they follow each other in this order."""

    POPULATION = "population"
    LOAD = "load"
    DRAIN = "drain"
    JUDGING = "judging"


Int64: TypeAlias = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
"""A line with a larger number is damaged. Not every such number can be divided."""


class _Line(msgspec.Struct, frozen=True, kw_only=True, rename="camel", tag_field="kind"):
    at: Int64


class Begun(_Line, frozen=True, kw_only=True, tag="begun"):
    """The run: its load, planned faults and objectives in words, and the process that carries it out."""

    run_id: str
    seed: int
    pid: int
    load: str
    planned_us: Int64
    """How long sessions are to begin."""
    faults: tuple[str, ...] = ()
    slos: tuple[str, ...] = ()


class PhaseBegun(_Line, frozen=True, kw_only=True, tag="phase"):
    """A part of the run begins."""

    phase: Phase
    text: str


class Said(_Line, frozen=True, kw_only=True, tag="said"):
    """A line for people."""

    text: str


class Latencies(msgspec.Struct, frozen=True):
    """Percentiles of all operations in milliseconds; null where that operation had no answer, or there was none."""

    p50: float | None = None
    p95: float | None = None
    p99: float | None = None


class Second(_Line, frozen=True, kw_only=True, tag="second"):
    """The newest whole second of the load: all requests together.

    `second` is the time since the start of the load. `offered` were planned in it and `achieved` answers came in it;
    `outcomes` are those of the planned, `open` where there is none yet. `limit` says why the load generator was the
    limit, where it was.
    """

    second: Int64
    offered: float
    achieved: float
    outcomes: dict[str, Int64]
    corrected: Latencies
    raw: Latencies
    open_sagas: Int64
    lag: Int64
    """Records before all consumer groups together."""
    limit: str = ""


class Moment(_Line, frozen=True, kw_only=True, tag="moment"):
    """All that is under way, once a second, also while there is no load."""

    open_sagas: Int64
    refunds_due: Int64
    lag: Int64
    lag_seconds: float
    """The age of the oldest record before a group."""
    faults: tuple[str, ...] = ()
    """Those in force."""
    cpu: float = 0.0
    """Of the marketplace, in cores; 0 where its processes cannot be seen."""
    unread: str = ""
    """The reason why the Kafka log is not read any more."""
    violations: Int64 = 0
    """Those so far; what has not come yet is none."""


class FaultOver(_Line, frozen=True, kw_only=True, tag="fault"):
    """A fault has ended. What it hit is counted by what was known then; `faults.jsonl` has it exactly."""

    fault: FaultRecord


class Ended(_Line, frozen=True, kw_only=True, tag="ended"):
    """The result. A run that was interrupted or failed is `partial`."""

    verdict: str
    exit_code: int
    partial: bool
    lines: tuple[str, ...]
    """The results in words."""


Progress = Begun | PhaseBegun | Said | Second | Moment | FaultOver | Ended

_decode = msgspec.json.Decoder(Progress).decode

_LONGEST_LINE = 1 << 20
"""Bytes. The longest line by far is the last one, whose results are some thousand."""


class ProgressFile:
    """Appends progress to a file, and tells it. Threads may share it; `tell` is called by one at a time."""

    def __init__(self, path: Path, tell: Callable[[Progress], None]) -> None:
        """Raises OSError where the file cannot be written."""
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        self._tell, self._lock = tell, threading.Lock()

    def add(self, progress: Progress) -> None:
        """Append a line; where that fails the run goes on, and who watches sees less of it."""
        with self._lock:
            with suppress(OSError):
                os.write(self._file, msgspec.json.encode(progress) + b"\n")
            self._tell(progress)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._file)


class ProgressReader:
    """Reads the file of a run that may be under way."""

    def __init__(self, path: Path) -> None:
        self._path, self._read = path, 0

    def new(self) -> Iterator[Progress]:
        """The lines that were not read yet; each is read when it is asked for.

        One that is damaged, or of a later version, is passed over; one that is not whole yet comes the next time.

        Raises:
            OSError: the file cannot be read.
        """
        with self._path.open("rb") as file:
            file.seek(self._read)
            while line := file.readline(_LONGEST_LINE):
                if not line.endswith(b"\n") and len(line) < _LONGEST_LINE:
                    return
                self._read += len(line)
                with suppress(msgspec.MsgspecError, UnicodeDecodeError):
                    yield _decode(line)


def progress_in(path: Path) -> list[Progress]:
    """All progress in a file; none where there is no file. Raises OSError where it cannot be read."""
    return list(ProgressReader(path).new()) if path.exists() else []
