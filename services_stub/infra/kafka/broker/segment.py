"""One segment of a partition's log: a file of record batches to which alone is appended, and the index of it.

The index has an entry each 32 KiB, so that a position is found by a bisection and a look at some headers. It is in
memory, and stored beside the file from time to time, with the state of the producers at that place: after a crash only
the batches behind it are read. A tail that a crash tore is cut off then.
"""

from __future__ import annotations

import contextlib
import errno
import os
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec
from google_crc32c import value as crc32c

from services_stub.infra.kafka.broker.producers import Producer, Producers
from services_stub.infra.kafka.broker.records import HEADER, LENGTH_END, MAGIC, Header, first_at, is_intact

_INTERVAL = 32 * 1024
_NEVER = -(2**63)
_OFFSET, _POSITION, _TIME = range(3)
"""The fields of an index entry: offset and position of a batch, and the newest time of all batches before it."""


class _Stored(msgspec.Struct, array_like=True):
    """The index file: up to which size of the segment it is about, and what was true there."""

    size: int
    end: int
    newest: int
    index: bytes
    producers: list[Producer]


_STORED: msgspec.msgpack.Decoder[_Stored] = msgspec.msgpack.Decoder(_Stored)


class Segment:
    """The batches from the offset `base` up to `end`, in `size` bytes; `newest` is the newest record's time (ms).

    The index is stored of `saved` bytes, and the disk has `flushed` of them for certain.
    """

    def __init__(self, folder: Path, base: int) -> None:
        self.path = folder / f"{base:020}.log"
        self.base = self.end = base
        self.size = self.saved = self.flushed = 0
        self.newest = _NEVER
        self._index = array("q")
        self._file = -1

    def append(self, batch: bytes, base: int, end: int, newest: int, fsync: bool) -> None:
        """Write a batch behind the others; with `fsync` the disk has it then.

        Raises:
            OSError: the batch is not in the file, for example because the disk is full.
        """
        if self._file < 0:
            self.open()
        try:
            if os.write(self._file, batch) != len(batch):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            if fsync:
                os.fsync(self._file)
        except OSError:
            os.ftruncate(self._file, self.size)
            raise
        self._add(len(batch), base, end, newest)
        if fsync:
            self.flushed = self.size

    def open(self) -> None:
        """Make the file, or open it again, so that it can be appended to."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)

    def read(self, offset: int, max_bytes: int) -> bytes:
        """Whole batches from the one that has an offset, or the next one; one at least, unless there is none."""
        with self.path.open("rb") as file:
            for position, header in self._headers(file, _OFFSET, offset + 1):
                if header[0] + header[6] >= offset:
                    end = self.size
                    if position + max_bytes < end:
                        positions = self._column(_POSITION)
                        end = positions[bisect_right(positions, position + max_bytes) - 1]
                    file.seek(position)
                    return file.read(max(end - position, header[1] + LENGTH_END))
        return b""

    def first_at(self, timestamp: int) -> tuple[int, int] | None:
        """Offset and timestamp of the first record that is not older than `timestamp` (ms since 1970)."""
        if self.newest < timestamp:
            return None
        with self.path.open("rb") as file:
            for position, header in self._headers(file, _TIME, timestamp):
                if header[8] >= timestamp:
                    file.seek(position)
                    return first_at(file.read(header[1] + LENGTH_END), timestamp)
        return None

    def recover(self, producers: Producers, time: float) -> int:
        """Take the stored index with its producers, and read the batches behind it, which were written up to a time.

        A tail that is no whole batch is cut: so many bytes.
        """
        self._restore(producers)
        length = self.path.stat().st_size
        with self.path.open("rb") as file:
            file.seek(self.size)
            while len(front := file.read(HEADER.size)) == HEADER.size:
                header: Header = HEADER.unpack(front)
                base, size = header[0], header[1] + LENGTH_END
                if base < self.end or header[3] != MAGIC or not HEADER.size <= size <= length - self.size:
                    break
                if header[6] < 0 or not is_intact(front + file.read(size - HEADER.size), header[4]):
                    break
                self._add(size, base, base + header[6] + 1, header[8])
                if header[9] >= 0:
                    producers.add(header[9], header[10], header[11], header[12], base, time)
        self.flushed = self.size
        if length > self.size:
            os.truncate(self.path, self.size)
        return length - self.size

    def store(self, producers: Iterable[Producer]) -> None:
        """Store the index, so that what is here now is not read again after a crash."""
        stored = _Stored(self.size, self.end, self.newest, self._index.tobytes(), list(producers))
        data = msgspec.msgpack.encode(stored)
        written = self.path.with_suffix(".tmp")
        written.write_bytes(crc32c(data).to_bytes(4, "big") + data)
        written.replace(self.path.with_suffix(".index"))
        self.saved = self.size

    def close(self) -> None:
        """Close the file; the next append opens it again."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def remove(self) -> None:
        """Delete the files."""
        self.close()
        self.path.unlink(missing_ok=True)
        self.path.with_suffix(".index").unlink(missing_ok=True)

    def _restore(self, producers: Producers) -> None:
        """Take the stored index where there is one for this file."""
        with contextlib.suppress(OSError, msgspec.DecodeError):
            data = self.path.with_suffix(".index").read_bytes()
            stored = _STORED.decode(data[4:])
            if int.from_bytes(data[:4], "big") == crc32c(data[4:]) and stored.size <= self.path.stat().st_size:
                self.size = self.saved = stored.size
                self.end, self.newest = stored.end, stored.newest
                self._index = array("q", stored.index)
                producers.restore(stored.producers)

    def _add(self, length: int, base: int, end: int, newest: int) -> None:
        if not self._index or self.size - self._index[_POSITION - 3] >= _INTERVAL:
            self._index.extend((base, self.size, self.newest))
        self.size += length
        self.end = end
        self.newest = max(self.newest, newest)

    def _column(self, field: int) -> memoryview:
        return memoryview(self._index)[field::3]

    def _headers(self, file: BinaryIO, field: int, value: int) -> Iterator[tuple[int, Header]]:
        """Positions and headers of the batches from the last index entry on whose field is less than a value."""
        entry = max(bisect_left(self._column(field), value) - 1, 0)
        position = self._column(_POSITION)[entry] if self._index else 0
        while position < self.size:
            file.seek(position)
            header: Header = HEADER.unpack(file.read(HEADER.size))
            yield position, header
            position += header[1] + LENGTH_END
