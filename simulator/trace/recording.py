"""Recordings: records in a file, as they were read, which every command reads instead of a cluster.

A line that names the format, and then for each record the length of its MessagePack form in four bytes, and that form.
A recording that was cut off is read as far as it goes.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import msgspec

from simulator.trace.records import TracedRecord

_FORMAT = b"marketplace-trace 2\n"
LENGTH_BYTES = 4
_LARGEST = 64 * 1024 * 1024
"""Bytes; what claims to be longer is no record."""

_READ_BYTES = 1 << 20

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(TracedRecord).decode


class NoRecording(Exception):
    """The file is no recording of this format; the message says why."""


class Recorder:
    """Writes a recording. Use it as a context manager."""

    def __init__(self, path: Path) -> None:
        """Begin a new file; one that is there is replaced. Raises OSError where that cannot be done."""
        self._file: IO[bytes] = path.open("wb")
        self._file.write(_FORMAT)
        self.records = 0

    def write(self, records: list[TracedRecord]) -> None:
        """Append records, and hand them to the operating system, so that a kill loses none of them."""
        for record in records:
            content = _encode(record)
            self._file.write(len(content).to_bytes(LENGTH_BYTES))
            self._file.write(content)
        self._file.flush()
        self.records += len(records)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()


def recorded(path: Path) -> Iterator[list[TracedRecord]]:
    """The records of a recording in batches, in their order.

    Raises:
        NoRecording: the file is none, or is damaged before its end.
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        checked_head(path, file)
        rest = b""
        while chunk := file.read(_READ_BYTES):
            batch, rest = _split(path, rest + chunk)
            yield batch


def checked_head(path: Path, file: IO[bytes]) -> int:
    """The length of the line that names the format, which a file must begin with. Raises NoRecording."""
    if file.read(len(_FORMAT)) != _FORMAT:
        raise NoRecording(f"{path} is no recording of `marketplace trace record`")
    return len(_FORMAT)


def length_of(path: Path, content: bytes) -> int:
    """The length of a record from the bytes before it. Raises NoRecording where no record is so long."""
    length = int.from_bytes(content)
    if length > _LARGEST:
        raise NoRecording(f"{path} is damaged: a record of {length:,} bytes")
    return length


def decoded(path: Path, content: bytes) -> TracedRecord:
    """A record from its bytes. Raises NoRecording where they are none."""
    try:
        return _decode(content)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise NoRecording(f"{path} is damaged: {error}") from error


def _split(path: Path, content: bytes) -> tuple[list[TracedRecord], bytes]:
    """The whole records at the beginning of `content`, and what is left."""
    found: list[TracedRecord] = []
    at = 0
    while (start := at + LENGTH_BYTES) <= len(content):
        length = length_of(path, content[at:start])
        if start + length > len(content):
            break
        found.append(decoded(path, content[start : start + length]))
        at = start + length
    return found, content[at:]
