"""One segment of a partition's log: a file of record batches to which alone is appended, and the index of it.

The index has an entry each 4 KiB, so that a position is found by a bisection and a look at some headers. It is in
memory, and stored beside the file from time to time, with the state of the producers at that place: after a crash only
the batches behind it are read. A tail that a crash tore is cut off then.
"""

from __future__ import annotations

import contextlib
import errno
import mmap
import os
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
from google_crc32c import value as crc32c

from services_stub.infra.kafka.broker.producers import Saved
from services_stub.infra.kafka.broker.records import HEADER, LENGTH_END, MAGIC, Header, first_at, is_intact

_INTERVAL = 4096
_NEVER = -(2**63)


class _Stored(msgspec.Struct, array_like=True):
    """The index file: up to which size of the segment it is about, and what was true there."""

    size: int
    end: int
    newest: int
    offsets: bytes
    positions: bytes
    times: bytes
    producers: Saved


_STORED: msgspec.msgpack.Decoder[_Stored] = msgspec.msgpack.Decoder(_Stored)


class Segment:
    """The batches from the offset `base` up to `end`, in `size` bytes; the newest record is of the time `newest` (ms).

    An index entry is the offset and position of a batch, and the newest time of all batches before it.
    """

    def __init__(self, folder: Path, base: int) -> None:
        self.path = folder / f"{base:020}.log"
        self.base = base
        self.saved = 0
        self._file = -1
        self._reset()

    def _reset(self) -> None:
        self.end, self.size, self.newest = self.base, 0, _NEVER
        self._offsets, self._positions, self._times = array("q"), array("q"), array("q")
        self._next_entry = 0

    def append(self, batch: bytes, base: int, end: int, newest: int, fsync: bool) -> None:
        """Write a batch behind the others; with `fsync` the disk has it then.

        Raises:
            OSError: the batch is not in the file, for example because the disk is full.
        """
        if self._file < 0:
            self.open()
        length = len(batch)
        try:
            written = os.write(self._file, batch)
            if written != length:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            if fsync:
                os.fsync(self._file)
        except OSError:
            os.ftruncate(self._file, self.size)
            raise
        self._add(length, base, end, newest)

    def open(self) -> None:
        """Make the file, or open it again, so that it can be appended to."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)

    def read(self, offset: int, max_bytes: int) -> bytes:
        """Whole batches from the one that has an offset, or the next one; one at least, unless there is none."""
        with self._opened() as file:
            position, length = self._find(file, offset)
            if position + max_bytes >= self.size:
                end = self.size
            else:
                end = self._positions[bisect_right(self._positions, position + max_bytes) - 1]
            return os.pread(file, max(end - position, length), position)

    def first_at(self, timestamp: int) -> tuple[int, int] | None:
        """Offset and timestamp of the first record that is not older than `timestamp` (ms since 1970)."""
        self.load()
        if self.newest < timestamp:
            return None
        entry = max(bisect_left(self._times, timestamp) - 1, 0)
        with self._opened() as file:
            position = self._positions[entry]
            while True:
                header: Header = HEADER.unpack(os.pread(file, HEADER.size, position))
                length = header[1] + LENGTH_END
                if header[8] >= timestamp:
                    return first_at(os.pread(file, length, position), timestamp)
                position += length

    def load(self) -> Segment:
        """Have the index in memory; it is made from the batches where it is not stored."""
        if not self._offsets:
            if self.restore() is None:
                self._reset()
            self.scan(lambda _: None)
        return self

    def restore(self) -> Saved | None:
        """Take the stored index, and give the producers of that place. None where there is none for this file."""
        try:
            data = self.path.with_suffix(".index").read_bytes()
            stored = _STORED.decode(data[4:])
            intact = int.from_bytes(data[:4], "big") == crc32c(data[4:])
            if not intact or stored.size > self.path.stat().st_size:
                return None
        except (OSError, msgspec.DecodeError):
            return None
        self._reset()
        self.size = self.saved = stored.size
        self.end, self.newest = stored.end, stored.newest
        for values, data in (
            (self._offsets, stored.offsets), (self._positions, stored.positions), (self._times, stored.times),
        ):  # fmt: skip
            values.frombytes(data)
        self._next_entry = self._positions[-1] + _INTERVAL if self._positions else 0
        return stored.producers

    def store(self, producers: Saved) -> None:
        """Store the index, so that what is here now is not read again after a crash."""
        arrays = (self._offsets.tobytes(), self._positions.tobytes(), self._times.tobytes())
        data = msgspec.msgpack.encode(_Stored(self.size, self.end, self.newest, *arrays, producers))
        written = self.path.with_suffix(".tmp")
        written.write_bytes(crc32c(data).to_bytes(4, "big") + data)
        written.replace(self.path.with_suffix(".index"))
        self.saved = self.size

    def scan(self, see: Callable[[Header], None]) -> int:
        """Index the batches behind `size` and let the headers be seen. The number of bytes at the end that are none."""
        length = self.path.stat().st_size
        if length > self.size:
            with self.path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                self._scan(data, length, see)
        return length - self.size

    def _scan(self, data: mmap.mmap, length: int, see: Callable[[Header], None]) -> None:
        with memoryview(data) as view:
            while length - self.size >= HEADER.size:
                header: Header = HEADER.unpack_from(view, self.size)
                base, size = header[0], header[1] + LENGTH_END
                whole = HEADER.size <= size <= length - self.size and base >= self.end and header[3] == MAGIC
                with view[self.size : self.size + size] as batch:
                    if not whole or header[6] < 0 or not is_intact(batch, header[4]):
                        return
                self._add(size, base, base + header[6] + 1, header[8])
                see(header)

    def cut(self) -> None:
        """Cut off what is behind the last whole batch."""
        os.truncate(self.path, self.size)

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

    def _add(self, length: int, base: int, end: int, newest: int) -> None:
        if self.size >= self._next_entry:
            self._offsets.append(base)
            self._positions.append(self.size)
            self._times.append(self.newest)
            self._next_entry = self.size + _INTERVAL
        self.size += length
        self.end = end
        if newest > self.newest:
            self.newest = newest

    def _find(self, file: int, offset: int) -> tuple[int, int]:
        """Position and length of the batch that has an offset, or the next one; the length is 0 at the end."""
        self.load()
        entry = bisect_right(self._offsets, offset) - 1
        start = self._positions[entry] if entry >= 0 else 0
        headers, position = b"", 0
        while start + position < self.size:
            if position + HEADER.size > len(headers):
                start, position = start + position, 0
                headers = os.pread(file, _INTERVAL + HEADER.size, start)
            header: Header = HEADER.unpack_from(headers, position)
            length = header[1] + LENGTH_END
            if header[0] + header[6] >= offset:
                return start + position, length
            position += length
        return self.size, 0

    @contextlib.contextmanager
    def _opened(self) -> Iterator[int]:
        """The file of the segment that is written to, or one that is open for so long."""
        if self._file >= 0:
            yield self._file
            return
        file = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            yield file
        finally:
            os.close(file)
