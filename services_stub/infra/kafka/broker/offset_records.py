"""The records of `__consumer_offsets`, in Kafka's own formats.

`OffsetCommitKey` 1 and `OffsetCommitValue` 3, `GroupMetadataKey` 2 and `GroupMetadataValue` 3: Kafka's own console
consumer can show them. A record without a value removes what its key names.
"""

from __future__ import annotations

import struct

from services_stub.infra.kafka.broker.members import Member, Snapshot

_SHORT, _INT, _LONG = struct.Struct(">h"), struct.Struct(">i"), struct.Struct(">q")
_PLAIN_COMMIT = struct.Struct(">hqihq")
_COMMIT = struct.Struct(">hqi")
_OFFSET_KEY, _GROUP_KEY, _VALUE = 1, 2, 3


def offset_key(group_id: str, topic: str, partition: int) -> bytes:
    """The key of a committed offset."""
    return _SHORT.pack(_OFFSET_KEY) + _text(group_id) + _text(topic) + _INT.pack(partition)


def group_key(group_id: str) -> bytes:
    """The key of a group."""
    return _SHORT.pack(_GROUP_KEY) + _text(group_id)


def read_key(key: bytes) -> tuple[str, str, int] | str | None:
    """Group, topic and partition of an offset, or a group id; None of a key that this broker does not write."""
    reader = _Reader(key)
    version = reader.short()
    if version == _OFFSET_KEY:
        return reader.text() or "", reader.text() or "", reader.integer()
    return (reader.text() or "") if version == _GROUP_KEY else None


def offset_value(offset: int, leader_epoch: int, metadata: str, stamp: int) -> bytes:
    """The value of a committed offset; `stamp` is in milliseconds since 1970."""
    if not metadata:
        return _PLAIN_COMMIT.pack(_VALUE, offset, leader_epoch, 0, stamp)
    return _COMMIT.pack(_VALUE, offset, leader_epoch) + _text(metadata) + _LONG.pack(stamp)


def read_offset(value: bytes) -> tuple[int, int, str, int]:
    """Offset, leader epoch, metadata and stamp."""
    _, offset, leader_epoch = _COMMIT.unpack_from(value)
    reader = _Reader(value, _COMMIT.size)
    return offset, leader_epoch, reader.text() or "", reader.long()


def group_value(group: Snapshot, stamp: int) -> bytes:
    """The value of a group; `stamp` is in milliseconds since 1970."""
    parts = [
        _SHORT.pack(_VALUE) + _text(group.protocol_type) + _INT.pack(group.generation),
        _text(group.protocol) + _text(group.leader) + _LONG.pack(stamp) + _INT.pack(len(group.members)),
    ]
    for member in group.members:
        parts += (_text(member.id), _text(member.instance_id), _text(member.client_id), _text(member.client_host))
        parts.append(_INT.pack(member.rebalance_ms) + _INT.pack(member.session_ms))
        for data in (member.metadata(group.protocol), member.assignment):
            parts += (_INT.pack(len(data)), data)
    return b"".join(parts)


def read_group(value: bytes) -> Snapshot:
    """The group in a value."""
    reader = _Reader(value, _SHORT.size)
    protocol_type, generation, protocol, leader = reader.text(), reader.integer(), reader.text(), reader.text()
    reader.long()
    members = []
    for _ in range(reader.integer()):
        names = reader.text() or "", reader.text(), reader.text() or "", reader.text() or ""
        rebalance_ms, session_ms = reader.integer(), reader.integer()
        protocols = [(protocol or "", reader.data())]
        members.append(Member(*names, session_ms, rebalance_ms, protocols, reader.data()))
    return Snapshot(protocol_type or "", generation, protocol, leader, members)


def _text(value: str | None) -> bytes:
    """A string with its length before it; None has the length -1."""
    if value is None:
        return b"\xff\xff"
    data = value.encode()
    return _SHORT.pack(len(data)) + data


class _Reader:
    """Reads a key or value from a place on."""

    __slots__ = ("_at", "_source")

    def __init__(self, source: bytes, at: int = 0) -> None:
        self._source = source
        self._at = at

    def _number(self, layout: struct.Struct) -> int:
        value: int = layout.unpack_from(self._source, self._at)[0]
        self._at += layout.size
        return value

    def short(self) -> int:
        return self._number(_SHORT)

    def integer(self) -> int:
        return self._number(_INT)

    def long(self) -> int:
        return self._number(_LONG)

    def text(self) -> str | None:
        size = self.short()
        return None if size < 0 else self._take(size).decode()

    def data(self) -> bytes:
        return self._take(self.integer())

    def _take(self, size: int) -> bytes:
        self._at += size
        return self._source[self._at - size : self._at]
