"""The file of flows that have no room in memory: two halves, of which the older one is dropped when both are full.

A flow that goes on has several pieces there, which are put together when it is asked for, and not when it grows.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from typing import IO

import msgspec

from simulator.trace.events import Report
from simulator.trace.records import TracedRecord

MOST_BYTES = 1 << 30


class Held(msgspec.Struct):
    """The records of one flow, and what was reported of it."""

    records: list[TracedRecord]
    reports: list[Report]

    def __len__(self) -> int:
        return len(self.records) + len(self.reports)


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Held).decode

_Evicted = dict[str, int]
"""The ids of evicted flows, and how many records each had."""


class _Half:
    """A temporary file, and where in it the pieces of each flow lie: offset, length, and the number of records."""

    def __init__(self) -> None:
        self.file: IO[bytes] = tempfile.TemporaryFile(prefix="marketplace-trace-")  # noqa: SIM115 - as long as the half
        self.index: dict[str, list[tuple[int, int, int]]] = {}
        self.size = 0

    def append(self, flow_id: str, content: bytes, records: int) -> None:
        """Write a piece of a flow at the end."""
        self.file.seek(self.size)
        self.file.write(content)
        self.index.setdefault(flow_id, []).append((self.size, len(content), records))
        self.size += len(content)

    def pieces(self, flow_id: str) -> Iterator[Held]:
        """Read the pieces of a flow, oldest first."""
        for offset, length, _ in self.index.get(flow_id, ()):
            self.file.seek(offset)
            yield _decode(self.file.read(length))

    def records(self) -> dict[str, int]:
        """How many records of each flow lie here."""
        return {flow_id: sum(records for _, _, records in pieces) for flow_id, pieces in self.index.items()}


class Spill:
    """Flows in files of at most `most_bytes` together, which are gone when the program ends."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        """Raises OSError where no temporary file can be made."""
        self._most = most_bytes
        self._older, self._newer = _Half(), _Half()

    @property
    def records(self) -> int:
        """How many records lie here."""
        return sum(sum(half.records().values()) for half in self._halves)

    def ids(self) -> list[str]:
        """The ids of the flows, those that came last at the end."""
        return list(dict.fromkeys((*self._older.index, *self._newer.index)))

    def pieces(self, flow_id: str) -> list[Held]:
        """The pieces of a flow that are here, oldest first."""
        return [piece for half in self._halves for piece in half.pieces(flow_id)]

    def write(self, flow_id: str, held: Held) -> _Evicted:
        """Keep a piece of a flow; those that had to go for it, or itself where the disk has no room."""
        content = _encode(held)
        evicted: _Evicted = {}
        if self._newer.size + len(content) > self._most // 2:
            evicted = self._older.records()
            self._older.file.close()
            self._older, self._newer = self._newer, _Half()
        if len(content) > self._most // 2:
            return _with(evicted, flow_id, held)
        try:
            self._newer.append(flow_id, content, len(held.records))
        except OSError:
            return _with(evicted, flow_id, held)
        return evicted

    def close(self) -> None:
        """Remove the files."""
        for half in self._halves:
            half.file.close()

    @property
    def _halves(self) -> tuple[_Half, _Half]:
        return self._older, self._newer


def _with(evicted: _Evicted, flow_id: str, held: Held) -> _Evicted:
    return {**evicted, flow_id: evicted.get(flow_id, 0) + len(held.records)}
