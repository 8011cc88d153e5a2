"""Flows as bytes, and the file of those that have no room in memory: two halves, the older of which makes room.

A flow that goes on has several pieces there, which are put together when it is asked for, and not when it grows.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import IO

import msgspec

from simulator.trace.events import Entry, Report, entry_of
from simulator.trace.records import TracedRecord

MOST_BYTES = 1 << 30


class Held(msgspec.Struct, gc=False, array_like=True):
    """The records of one flow, and what was reported of it, each encoded when it came.

    Kept as objects, and encoded and freed when no cache of the processor has them any more, they took a third of the
    time in which flows are read.
    """

    records: list[msgspec.Raw]
    reports: list[msgspec.Raw]

    @property
    def size(self) -> int:
        """The bytes of all that is encoded."""
        return sum(map(len, self.records)) + sum(map(len, self.reports))


_encoder = msgspec.msgpack.Encoder()
_decode = msgspec.msgpack.Decoder(Held).decode
_decode_record = msgspec.msgpack.Decoder(TracedRecord).decode
_decode_report = msgspec.msgpack.Decoder(Report).decode

_Place = tuple[int, int, int]
"""Where a piece lies: its offset, its length in bytes, and how many records it has."""


def encoded(item: TracedRecord | Report) -> msgspec.Raw:
    """A record or report as it is held."""
    return msgspec.Raw(_encoder.encode(item))


def entries_in(pieces: Iterable[Held]) -> Iterator[Entry]:
    """The events and dead letters in pieces of a flow, decoded one by one: all records together fit no cache."""
    records = (_decode_record(content) for piece in pieces for content in piece.records)
    return (entry for record in records if (entry := entry_of(record)) is not None)


def reports_in(pieces: Iterable[Held]) -> Iterator[Report]:
    """The reports in pieces of a flow."""
    return (_decode_report(content) for piece in pieces for content in piece.reports)


class _Half:
    """A temporary file, and where in it the pieces of each flow lie."""

    def __init__(self) -> None:
        self.file: IO[bytes] = tempfile.TemporaryFile(buffering=0, prefix="marketplace-trace-")  # noqa: SIM115 - as long as the half
        self.index: dict[str, list[_Place]] = {}
        self.size = 0
        self.records = 0

    def append(self, content: bytearray, places: Mapping[str, _Place]) -> None:
        """Write pieces at the end, all of them or none; their offsets are those in `content`. Raises OSError."""
        self.file.seek(self.size)
        if self.file.write(content) < len(content):
            raise OSError("there is no room for all of it")
        for flow_id, (offset, length, records) in places.items():
            self.index.setdefault(flow_id, []).append((self.size + offset, length, records))
            self.records += records
        self.size += len(content)

    def pieces(self, flow_id: str) -> Iterator[Held]:
        """Read the pieces of a flow, oldest first."""
        for offset, length, _ in self.index.get(flow_id, ()):
            self.file.seek(offset)
            yield _decode(self.file.read(length))

    def by_flow(self) -> dict[str, int]:
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
        return self._older.records + self._newer.records

    def ids(self) -> list[str]:
        """The ids of the flows, those that came last at the end."""
        return list(dict.fromkeys((*self._older.index, *self._newer.index)))

    def pieces(self, flow_id: str) -> list[Held]:
        """The pieces of a flow that are here, oldest first."""
        return [piece for half in (self._older, self._newer) for piece in half.pieces(flow_id)]

    def write(self, flows: Mapping[str, Held]) -> Counter[str]:
        """Keep a piece of each flow, in one go.

        Returns how many records of which flows had to go for them; they themselves where there is no room for them.
        """
        content, places = bytearray(), dict[str, _Place]()
        for flow_id, held in flows.items():
            offset = len(content)
            _encoder.encode_into(held, content, -1)
            places[flow_id] = (offset, len(content) - offset, len(held.records))
        evicted = Counter[str]()
        if self._newer.size + len(content) > self._most // 2:
            evicted.update(self._older.by_flow())
            self._older.file.close()
            self._older, self._newer = self._newer, _Half()
        try:
            if len(content) > self._most // 2:
                raise OSError("it is larger than the file may be")
            self._newer.append(content, places)
        except OSError:
            evicted.update({flow_id: records for flow_id, (_, _, records) in places.items()})
        return evicted

    def close(self) -> None:
        """Remove the files."""
        self._older.file.close()
        self._newer.file.close()
