"""The committed offsets of all groups, and the groups themselves, kept in the one partition of `__consumer_offsets`.

The log is read once, at the start. It is rewritten with what is valid when most of it is not: then, and while it grows.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable
from typing import TypeAlias

from services_stub.infra.kafka.broker import errors
from services_stub.infra.kafka.broker.context import Message
from services_stub.infra.kafka.broker.offset_records import (
    group_key,
    group_value,
    offset_key,
    offset_value,
    read_group,
    read_key,
    read_offset,
)
from services_stub.infra.kafka.broker.partition import Partition
from services_stub.infra.kafka.broker.records import Record, batch, iterate

Position: TypeAlias = tuple[str, int]
"""A topic and the number of a partition."""
Commit: TypeAlias = tuple[str, int, int, int, str]
"""Topic, partition, offset, leader epoch and metadata."""

_READ_BYTES = 1024 * 1024
_RECORDS_IN_BATCH = 50
"""So many offsets are less than the largest batch that the log takes, whatever metadata they have."""
_GARBAGE_SHARE, _GARBAGE_LEAST = 8, 10_000
"""The log is rewritten when it has so many times the records that are valid, and so many at least."""


class Committed:
    """The offset of a group in a partition; `stamp` is in milliseconds since 1970."""

    __slots__ = ("key", "leader_epoch", "metadata", "offset", "stamp")

    def __init__(self, key: bytes) -> None:
        self.key = key
        self.offset = self.leader_epoch = -1
        self.metadata = ""
        self.stamp = 0


class Offsets:
    """Offsets by group, topic and partition. Writing gives an error code: 0 when the log has it."""

    def __init__(self, log: Partition, now: Callable[[], float]) -> None:
        self.by_group: dict[str, dict[Position, Committed]] = {}
        self._groups: dict[str, bytes] = {}
        self._log = log
        self._now = now
        self._records = 0
        self._load()

    def groups(self) -> Iterable[tuple[str, Message]]:
        """The groups that are kept, as `keep` was given them."""
        return ((group_id, read_group(value)) for group_id, value in self._groups.items())

    def commit(self, group_id: str, commits: list[Commit]) -> int:
        """Keep offsets of a group."""
        held = self.by_group.get(group_id, {})
        stamp = int(self._now() * 1000)
        entries: list[Committed] = []
        written: list[Record] = []
        for topic, partition, offset, leader_epoch, metadata in commits:
            entry = held.get((topic, partition)) or Committed(offset_key(group_id, topic, partition))
            entries.append(entry)
            written.append((entry.key, offset_value(offset, leader_epoch, metadata, stamp), stamp))
        if error := self._append(written):
            return error
        for entry, (topic, partition, offset, leader_epoch, metadata) in zip(entries, commits, strict=True):
            held[topic, partition] = entry
            entry.offset, entry.leader_epoch, entry.metadata, entry.stamp = offset, leader_epoch, metadata, stamp
        self.by_group[group_id] = held
        return errors.NONE

    def delete(self, group_id: str, positions: Iterable[Position]) -> int:
        """Forget offsets of a group."""
        held = self.by_group.get(group_id, {})
        known = [position for position in positions if position in held]
        stamp = int(self._now() * 1000)
        if error := self._append([(held[position].key, None, stamp) for position in known]):
            return error
        for position in known:
            held.pop(position, None)
        if not held:
            self.by_group.pop(group_id, None)
        return errors.NONE

    def delete_topic(self, topic: str) -> None:
        """Forget the offsets of all groups in a topic that is no more: one of its name may be made again."""
        for group_id, held in list(self.by_group.items()):
            self.delete(group_id, [position for position in held if position[0] == topic])

    def delete_group(self, group_id: str) -> int:
        """Forget a group with its offsets."""
        error = self.delete(group_id, list(self.by_group.get(group_id, ())))
        if not error and group_id in self._groups:
            error = self._append([(group_key(group_id), None, int(self._now() * 1000))])
            if not error:
                del self._groups[group_id]
        return error

    def keep(self, group_id: str, group: Message) -> int:
        """Keep a group with its members. Where that fails, they join again after a restart of the broker."""
        stamp = int(self._now() * 1000)
        value = group_value({**group, "current_state_timestamp": stamp})
        error = self._append([(group_key(group_id), value, stamp)])
        if not error:
            self._groups[group_id] = value
        return error

    def _append(self, written: list[Record]) -> int:
        if not written:
            return errors.NONE
        self._records += len(written)
        if self._records >= _GARBAGE_LEAST:
            self._compact()
        return errors.COORDINATOR_NOT_AVAILABLE if self._log.append(batch(written))[0] else errors.NONE

    def _compact(self) -> None:
        """Rewrite the log where it is worth it."""
        live = sum(map(len, self.by_group.values())) + len(self._groups)
        if self._records <= max(_GARBAGE_SHARE * live, _GARBAGE_LEAST - 1):
            return
        stamp = int(self._now() * 1000)
        batches = [batch([(group_key(group_id), value, stamp)]) for group_id, value in self._groups.items()]
        valid: list[Record] = []
        for held in self.by_group.values():
            for entry in held.values():
                value = offset_value(entry.offset, entry.leader_epoch, entry.metadata, entry.stamp)
                valid.append((entry.key, value, entry.stamp))
        parts = range(0, len(valid), _RECORDS_IN_BATCH)
        batches += [batch(valid[at : at + _RECORDS_IN_BATCH]) for at in parts]
        self._records = live
        # Where it cannot be written the old records are there, and it is tried again when there are as many as now.
        with contextlib.suppress(OSError):
            self._log.rewrite(batches)

    def _load(self) -> None:
        offset = self._log.start
        while offset < self._log.end and (batches := self._log.read(offset, _READ_BYTES)):
            for found in batches:
                for at, key, value in iterate(found):
                    offset = at + 1
                    self._records += 1
                    self._apply(key or b"", value)
        self._compact()

    def _apply(self, key: bytes, value: bytes | None) -> None:
        named = read_key(key)
        if "topic" in named:
            position = named["topic"], named["partition"]
            held = self.by_group.setdefault(named["group"], {})
            if value is not None:
                read, entry = read_offset(value), Committed(key)
                entry.offset, entry.leader_epoch = read["offset"], read["leader_epoch"]
                entry.metadata, entry.stamp = read["metadata"], read["commit_timestamp"]
                held[position] = entry
            elif held.pop(position, None) is None or not held:
                self.by_group.pop(named["group"], None)
        elif value is None:
            self._groups.pop(named.get("group", ""), None)
        elif named:
            self._groups[named["group"]] = value
