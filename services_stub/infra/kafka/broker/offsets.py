"""The committed offsets of all groups, and the groups themselves, kept in the one partition of `__consumer_offsets`.

The log is read once, at the start. It is rewritten with what is valid when most of it is not: then, and while it grows.

Its records are in Kafka's own formats, so that Kafka's console consumer can show them. Keys and values begin with a
version. That of a key says of which kind it is: `OffsetCommitKey` or `GroupMetadataKey`. A record without a value
removes what its key names.
"""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import TypeAlias

from services_stub.infra.kafka.broker import errors
from services_stub.infra.kafka.broker.codec import decoder, encoded
from services_stub.infra.kafka.broker.context import Message
from services_stub.infra.kafka.broker.partition import Partition
from services_stub.infra.kafka.broker.records import batch, iterate

Position: TypeAlias = tuple[str, int]
"""A topic and the number of a partition."""
Commit: TypeAlias = tuple[str, int, int, int, str]
"""Topic, partition, offset, leader epoch and metadata."""
Changes: TypeAlias = dict[Position, bytes | None]
"""New values; None forgets the old one."""

_OFFSET, _GROUP = 1, 2
_VALUE_VERSION = 3
_VERSION = struct.Struct(">h")
_PLAIN_COMMIT = struct.Struct(">hqihq")
_GROUP_ITSELF: Position = ("", -1)
"""In the place of a position: topics have names."""
_READ_BYTES = 1024 * 1024
_GARBAGE_SHARE, _GARBAGE_LEAST = 8, 10_000
"""The log is rewritten when it has so many times the records that are valid, and so many at least."""


class Offsets:
    """The values of the log, by group and position. Writing gives an error code: 0 when the log has it."""

    def __init__(self, log: Partition, now: Callable[[], float]) -> None:
        self._kept: dict[str, dict[Position, bytes]] = {}
        self._log = log
        self._now = now
        self._records = 0
        self._load()

    def groups(self) -> Iterator[tuple[str, Message | None]]:
        """All groups, each as `keep` was given it, or None where there are only offsets of it."""
        for group_id, kept in self._kept.items():
            value = kept.get(_GROUP_ITSELF)
            yield group_id, _read_value(_GROUP, value) if value else None

    def of(self, group_id: str) -> dict[Position, Message]:
        """The committed offsets of a group, as `OffsetCommitValue` has them."""
        kept = self._kept.get(group_id, {})
        return {place: _read_value(_OFFSET, value) for place, value in kept.items() if place != _GROUP_ITSELF}

    def commit(self, group_id: str, commits: list[Commit]) -> int:
        """Keep offsets of a group."""
        stamp = self._stamp()
        changes: Changes = {
            (topic, partition): _offset_value(offset, leader_epoch, metadata, stamp)
            for topic, partition, offset, leader_epoch, metadata in commits
        }
        return self._write(group_id, changes, stamp)

    def delete(self, group_id: str, positions: Iterable[Position]) -> int:
        """Forget offsets of a group."""
        kept = self._kept.get(group_id, {})
        return self._write(group_id, {place: None for place in positions if place in kept}, self._stamp())

    def delete_topic(self, topic: str) -> None:
        """Forget the offsets of all groups in a topic that is no more: one of its name may be made again."""
        for group_id, kept in list(self._kept.items()):
            self.delete(group_id, [place for place in kept if place[0] == topic])

    def delete_group(self, group_id: str) -> int:
        """Forget a group with its offsets."""
        return self.delete(group_id, self._kept.get(group_id, ()))

    def keep(self, group_id: str, group: Message) -> int:
        """Keep a group with its members."""
        stamp = self._stamp()
        value = _value(_GROUP, {**group, "current_state_timestamp": stamp})
        return self._write(group_id, {_GROUP_ITSELF: value}, stamp)

    def _stamp(self) -> int:
        return int(self._now() * 1000)

    def _write(self, group_id: str, changes: Changes, stamp: int) -> int:
        if not changes:
            return errors.NONE
        self._records += len(changes)
        if self._records >= _GARBAGE_LEAST:
            self._compact()
        written = batch([(_key(group_id, place), value, stamp) for place, value in changes.items()])
        if self._log.append(written)[0]:
            return errors.COORDINATOR_NOT_AVAILABLE
        for place, value in changes.items():
            self._set(group_id, place, value)
        return errors.NONE

    def _set(self, group_id: str, place: Position, value: bytes | None) -> None:
        kept = self._kept.setdefault(group_id, {})
        if value is None:
            kept.pop(place, None)
        else:
            kept[place] = value
        if not kept:
            del self._kept[group_id]

    def _compact(self) -> None:
        """Rewrite the log where it is worth it."""
        live = sum(map(len, self._kept.values()))
        if self._records <= max(_GARBAGE_SHARE * live, _GARBAGE_LEAST - 1):
            return
        stamp = self._stamp()
        self._records = live
        # Where it cannot be written the old records are there, and it is tried again when there are as many as now.
        with contextlib.suppress(OSError):
            self._log.rewrite(
                [
                    batch([(_key(group_id, place), value, stamp)])
                    for group_id, kept in self._kept.items()
                    for place, value in kept.items()
                ]
            )

    def _load(self) -> None:
        offset = self._log.start
        while offset < self._log.end and (batches := self._log.read(offset, _READ_BYTES)):
            for found in batches:
                for at, key, value in iterate(found):
                    offset = at + 1
                    self._records += 1
                    if named := read_key(key or b""):
                        self._set(named["group"], (named.get("topic", ""), named.get("partition", -1)), value)
        self._compact()


@lru_cache(maxsize=10_000)
def _key(group_id: str, place: Position) -> bytes:
    topic, partition = place
    kind = _OFFSET if topic else _GROUP
    named = {"group": group_id, "topic": topic, "partition": partition}
    return _VERSION.pack(kind) + encoded("key", kind, 0, named)


def read_key(key: bytes) -> Message:
    """The group, and of an offset topic and partition, too; empty where this broker does not write such keys."""
    (kind,) = _VERSION.unpack_from(key)
    return decoder("key", kind, 0)(key, _VERSION.size, len(key))[0] if kind in (_OFFSET, _GROUP) else {}


def _value(kind: int, message: Message) -> bytes:
    return _VERSION.pack(_VALUE_VERSION) + encoded("value", kind, _VALUE_VERSION, message)


def _offset_value(offset: int, leader_epoch: int, metadata: str, stamp: int) -> bytes:
    """The value of a committed offset; `stamp` is in milliseconds since 1970. One without metadata takes no detour."""
    if not metadata:
        return _PLAIN_COMMIT.pack(_VALUE_VERSION, offset, leader_epoch, 0, stamp)
    message = {"offset": offset, "leader_epoch": leader_epoch, "metadata": metadata, "commit_timestamp": stamp}
    return _value(_OFFSET, message)


def _read_value(kind: int, value: bytes) -> Message:
    return decoder("value", kind, _VALUE_VERSION)(value, _VERSION.size, len(value))[0]
