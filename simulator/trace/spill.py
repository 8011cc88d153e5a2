"""The file of flows that have no room in memory: two halves, of which the older one is dropped when both are full."""

from __future__ import annotations

import tempfile
from typing import IO

import msgspec

from simulator.trace.events import Reported
from simulator.trace.records import TracedRecord

MOST_BYTES = 1 << 30


class Held(msgspec.Struct):
    """The records of one flow, and what consumers reported of them. `lost`: some of them were evicted."""

    records: list[TracedRecord]
    reports: list[Reported]
    lost: bool = False

    def __len__(self) -> int:
        return len(self.records) + len(self.reports)


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Held).decode

_Evicted = dict[str, int]
"""The ids of evicted flows, and how many records each had."""


class _Half:
    """A temporary file, and where in it each flow lies: offset, length, and the number of its records."""

    def __init__(self) -> None:
        self.file: IO[bytes] = tempfile.TemporaryFile(prefix="marketplace-trace-")  # noqa: SIM115 - as long as the half
        self.index: dict[str, tuple[int, int, int]] = {}
        self.size = 0

    def append(self, flow_id: str, content: bytes, records: int) -> None:
        """Write a flow at the end."""
        self.file.seek(self.size)
        self.file.write(content)
        self.index[flow_id] = (self.size, len(content), records)
        self.size += len(content)

    def read(self, flow_id: str) -> Held:
        """Read a flow of the index."""
        offset, length, _ = self.index[flow_id]
        self.file.seek(offset)
        return _decode(self.file.read(length))


class Spill:
    """Flows in files of at most `most_bytes` together, which are gone when the program ends."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        """Raises OSError where no temporary file can be made."""
        self._most = most_bytes
        self._older, self._newer = _Half(), _Half()

    @property
    def records(self) -> int:
        """How many records lie here."""
        return sum(records for half in self._halves for _, _, records in half.index.values())

    def ids(self) -> list[str]:
        """The ids of the flows, those that came last at the end."""
        return [*self._older.index, *self._newer.index]

    def read(self, flow_id: str) -> Held | None:
        """A flow, if it is here."""
        half = self._half_of(flow_id)
        return None if half is None else half.read(flow_id)

    def take(self, flow_id: str) -> Held | None:
        """A flow, which is not here any more then."""
        half = self._half_of(flow_id)
        if half is None:
            return None
        held = half.read(flow_id)
        del half.index[flow_id]
        return held

    def write(self, flow_id: str, held: Held) -> _Evicted:
        """Keep a flow; those that had to go for it, or the flow itself where the disk has no room."""
        content = _encode(held)
        evicted: _Evicted = {}
        if self._newer.size + len(content) > self._most // 2:
            evicted = {lost: records for lost, (_, _, records) in self._older.index.items()}
            self._older.file.close()
            self._older, self._newer = self._newer, _Half()
        if len(content) > self._most // 2:
            return {**evicted, flow_id: len(held.records)}
        try:
            self._newer.append(flow_id, content, len(held.records))
        except OSError:
            evicted[flow_id] = len(held.records)
        return evicted

    def close(self) -> None:
        """Remove the files."""
        for half in self._halves:
            half.file.close()

    @property
    def _halves(self) -> tuple[_Half, _Half]:
        return self._older, self._newer

    def _half_of(self, flow_id: str) -> _Half | None:
        return next((half for half in self._halves if flow_id in half.index), None)
