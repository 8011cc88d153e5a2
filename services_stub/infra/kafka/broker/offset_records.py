"""The records of `__consumer_offsets`, in Kafka's own formats, so that Kafka's console consumer can show them.

Keys and values begin with a version. That of a key says of which kind it is: `OffsetCommitKey` or `GroupMetadataKey`.
A record without a value removes what its key names.
"""

from __future__ import annotations

import struct

from services_stub.infra.kafka.broker.codec import decoder, encoded
from services_stub.infra.kafka.broker.context import Message

_OFFSET, _GROUP = 1, 2
_VALUE_VERSION = 3
_VERSION = struct.Struct(">h")
_PLAIN_COMMIT = struct.Struct(">hqihq")


def offset_key(group_id: str, topic: str, partition: int) -> bytes:
    """The key of a committed offset."""
    message = {"group": group_id, "topic": topic, "partition": partition}
    return _VERSION.pack(_OFFSET) + encoded("key", _OFFSET, 0, message)


def group_key(group_id: str) -> bytes:
    """The key of a group."""
    return _VERSION.pack(_GROUP) + encoded("key", _GROUP, 0, {"group": group_id})


def read_key(key: bytes) -> Message:
    """The group, and of an offset topic and partition, too; empty where this broker does not write such keys."""
    (kind,) = _VERSION.unpack_from(key)
    return decoder("key", kind, 0)(key, _VERSION.size, len(key))[0] if kind in (_OFFSET, _GROUP) else {}


def offset_value(offset: int, leader_epoch: int, metadata: str, stamp: int) -> bytes:
    """The value of a committed offset; `stamp` is in milliseconds since 1970. One without metadata takes no detour."""
    if not metadata:
        return _PLAIN_COMMIT.pack(_VALUE_VERSION, offset, leader_epoch, 0, stamp)
    message = {"offset": offset, "leader_epoch": leader_epoch, "metadata": metadata, "commit_timestamp": stamp}
    return _VERSION.pack(_VALUE_VERSION) + encoded("value", _OFFSET, _VALUE_VERSION, message)


def group_value(group: Message) -> bytes:
    """The value of a group."""
    return _VERSION.pack(_VALUE_VERSION) + encoded("value", _GROUP, _VALUE_VERSION, group)


def read_offset(value: bytes) -> Message:
    """The committed offset in a value."""
    return decoder("value", _OFFSET, _VALUE_VERSION)(value, _VERSION.size, len(value))[0]


def read_group(value: bytes) -> Message:
    """The group in a value."""
    return decoder("value", _GROUP, _VALUE_VERSION)(value, _VERSION.size, len(value))[0]
