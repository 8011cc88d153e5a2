"""Record batches of format 2 (KIP-98), as clients send them and as they are in the files and in the responses of Fetch.

A batch stays the bytes that it was: base offset and leader epoch alone are the broker's, and they lie in front of what
the CRC-32C covers. Batches of any compression are kept, because only the header is read; the records themselves are
read from batches that the broker wrote, or to find a time, and then of batches without compression alone.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from typing import TypeAlias

from google_crc32c import value as crc32c

from services_stub.infra.kafka.broker import errors
from services_stub.infra.kafka.broker.codec import uvarint

Header: TypeAlias = tuple[int, int, int, int, int, int, int, int, int, int, int, int, int]
Buffer: TypeAlias = bytes | bytearray | memoryview
Record: TypeAlias = tuple[bytes | None, bytes | None, int]
"""Key, value and timestamp (ms since 1970) of a record to be."""

HEADER = struct.Struct(">qiibIhiqqqhii")
"""Base offset, length of what follows, leader epoch, magic, CRC, attributes, last offset delta, first timestamp,
largest timestamp, producer id, producer epoch, base sequence, number of records."""
LEADER_EPOCH = 0
MAGIC = 2
COMPRESSION, TRANSACTIONAL, CONTROL = 0x07, 0x10, 0x20
"""Bits of the attributes."""

LENGTH_END = 12
"""The length counts what comes after it."""
_PREFIX = struct.Struct(">qii")
_FRONT = struct.Struct(">qiibI")
_COVERED = struct.Struct(">hiqqqhii")
"""The header is what is in front of the CRC, and what the CRC covers with the records."""


def placed(batch: Buffer, base_offset: int) -> bytes:
    """A copy of a batch that begins at an offset of the log."""
    return _PREFIX.pack(base_offset, len(batch) - LENGTH_END, LEADER_EPOCH) + batch[16:]


def fault_of(batch: Buffer, header: Header, max_bytes: int) -> int:
    """The error code of a batch that cannot be appended; 0 for one that can."""
    if header[3] != MAGIC:
        return errors.UNSUPPORTED_FOR_MESSAGE_FORMAT
    size = len(batch)
    if header[1] + LENGTH_END != size:  # a batch that is cut, or more than one
        return errors.CORRUPT_MESSAGE if header[1] + LENGTH_END > size else errors.INVALID_RECORD
    if size > max_bytes:
        return errors.MESSAGE_TOO_LARGE
    if not is_intact(batch, header[4]):
        return errors.CORRUPT_MESSAGE
    count = header[12]
    if count < 1 or count != header[6] + 1 or header[5] & CONTROL:
        return errors.INVALID_RECORD
    return errors.INVALID_TXN_STATE if header[5] & TRANSACTIONAL else errors.NONE


def is_intact(batch: Buffer, crc: int) -> bool:
    """Whether the CRC of the header is that of the bytes that it covers."""
    return bool(crc32c(bytes(batch[_FRONT.size :])) == crc)


def batch(entries: list[Record]) -> bytes:
    """A batch of at least one record without headers, at offset 0 and of no producer."""
    first = entries[0][2]
    body = b"".join([_record(delta, time - first, key, value) for delta, (key, value, time) in enumerate(entries)])
    last, count = max(entry[2] for entry in entries), len(entries)
    covered = _COVERED.pack(0, count - 1, first, last, -1, -1, -1, count) + body
    length = len(covered) + _FRONT.size - LENGTH_END
    return _FRONT.pack(0, length, LEADER_EPOCH, MAGIC, crc32c(covered)) + covered


def iterate(data: Buffer) -> Iterator[tuple[int, bytes | None, bytes | None]]:
    """Offset, key and value of every record of whole batches that are not compressed."""
    position = 0
    while position < len(data):
        header = HEADER.unpack_from(data, position)
        end = position + LENGTH_END + header[1]
        for offset, _, key, value in _records(data[position:end], header[0], header[7], header[12]):
            yield offset, key, value
        position = end


def first_at(batch: Buffer, timestamp: int) -> tuple[int, int]:
    """Offset and timestamp of the first record of a batch that is not older than `timestamp`; one of them must be.

    Of a compressed batch it is the first record, whatever its time: a reader may get older records before that.
    """
    base, _, _, _, _, attributes, _, first, _, _, _, _, count = HEADER.unpack_from(batch)
    if attributes & COMPRESSION or first >= timestamp:
        return base, first
    try:
        found = _records(batch, base, first, count)
        return next((offset, time) for offset, time, _, _ in found if time >= timestamp and offset >= base)
    except (StopIteration, IndexError, ValueError):  # the records are not read when they arrive, and may be anything
        return base, first


def _record(offset_delta: int, time_delta: int, key: bytes | None, value: bytes | None) -> bytes:
    parts = [b"\0", _varint(time_delta), _varint(offset_delta)]
    for field in (key, value):
        parts += (b"\x01",) if field is None else (_varint(len(field)), field)
    record = b"".join([*parts, b"\0"])
    return _varint(len(record)) + record


def _records(batch: Buffer, base: int, first: int, count: int) -> Iterable[tuple[int, int, bytes | None, bytes | None]]:
    """Offset, timestamp, key and value of the records of one batch."""
    data = bytes(batch)
    position = HEADER.size
    for _ in range(count):
        size, position = _read_varint(data, position)
        end = position + size
        if size < 1:
            raise ValueError("a record of no length")
        time, position = _read_varint(data, position + 1)
        delta, position = _read_varint(data, position)
        key, position = _read_field(data, position)
        value, position = _read_field(data, position)
        yield base + delta, first + time, key, value
        position = end


def _read_field(data: bytes, position: int) -> tuple[bytes | None, int]:
    size, position = _read_varint(data, position)
    return (None, position) if size < 0 else (data[position : position + size], position + size)


def _varint(number: int) -> bytes:
    """A number in zigzag encoding, seven bits a byte, the lowest first."""
    return uvarint(number << 1 if number >= 0 else ~(number << 1))


def _read_varint(data: bytes, position: int) -> tuple[int, int]:
    """The number at a position, and where it ends. IndexError or ValueError: there is none."""
    byte = data[position]
    position += 1
    rest, shift = byte & 0x7F, 7
    while byte & 0x80:
        if shift > 63:
            raise ValueError("a number of more than ten bytes")
        byte = data[position]
        position += 1
        rest |= (byte & 0x7F) << shift
        shift += 7
    return (rest >> 1) ^ -(rest & 1), position
