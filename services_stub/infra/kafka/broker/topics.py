"""The topics of the broker, and what else must outlive it: the identity of the cluster and the next producer id.

`topics.json` has them; the logs are folders beside it. It is written before a client hears of a change.
"""

from __future__ import annotations

import base64
import contextlib
import re
import secrets
import shutil
import time
import uuid
from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec

from services_stub.infra.kafka.broker.partition import Partition, Waiter
from services_stub.infra.kafka.broker.topic_configs import Limits

OFFSETS = "__consumer_offsets"
"""The topic of the broker itself."""

_LEGAL = re.compile(r"(?!\.{1,2}$)[a-zA-Z0-9._-]{1,249}")
_PRODUCER_IDS = 1000
"""So many producer ids are taken at a time; a crash loses those that were not given yet."""
_FIRST_PRODUCER_IDS = 2**40
"""The first id of a cluster is a multiple of the former, drawn among so many: two clusters hardly share an id."""


class _StoredTopic(msgspec.Struct):
    name: str
    id: str
    partitions: int
    config: dict[str, str]


class _Stored(msgspec.Struct):
    """`topics.json`; no producer id from the next one on was given."""

    cluster_id: str
    first_producer_id: int = 0
    next_producer_id: int = 0
    topics: list[_StoredTopic] = []


class Topic:
    """A topic: its configs that were set, and the logs of its partitions. The broker alone writes an internal one."""

    def __init__(self, name: str, identity: bytes, config: dict[str, str]) -> None:
        self.name, self.id, self.config = name, identity, config
        self.limits = Limits.of(config)
        self.partitions: list[Partition] = []
        self.waiting: set[Waiter] = set()
        self.is_internal = name == OFFSETS


class Topics:
    """All topics, in a folder. `now` gives seconds since 1970.

    What is in `on_delete` is called with the name of each topic that is deleted.

    Raises:
        msgspec.DecodeError: `topics.json` is not whole.
    """

    def __init__(self, folder: Path, now: Callable[[], float] = time.time) -> None:
        self.by_name: dict[str, Topic] = {}
        self.by_id: dict[bytes, Topic] = {}
        self.on_delete: list[Callable[[str], None]] = []
        self._folder, self._now = folder, now
        first = secrets.randbelow(_FIRST_PRODUCER_IDS) * _PRODUCER_IDS
        self._stored = _Stored(base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("="), first, first)
        folder.mkdir(parents=True, exist_ok=True)
        for leftover in folder.glob("*.deleted"):
            shutil.rmtree(leftover, ignore_errors=True)
        if (folder / "topics.json").exists():
            self._stored = msgspec.json.decode((folder / "topics.json").read_bytes(), type=_Stored)
        self.cluster_id = self._stored.cluster_id
        self._next_producer_id = self._stored.next_producer_id
        for topic in self._stored.topics:
            self._make(topic.name, bytes.fromhex(topic.id), topic.partitions, topic.config)
        self._store()

    def create(self, name: str, partitions: int, config: dict[str, str] | None = None) -> Topic:
        """Create a topic that does not exist yet, of a name that is legal."""
        self.ensure([(name, partitions, config or {})])
        return self.by_name[name]

    def ensure(self, wanted: Iterable[tuple[str, int, dict[str, str]]]) -> None:
        """Create topics, or give them the partitions that they lack; those that are there keep their configs."""
        for name, partitions, config in wanted:
            self._make(name, uuid.uuid4().bytes, partitions, config)
        self._store()

    def delete(self, name: str) -> None:
        """Delete a topic with its records."""
        topic = self.by_name.pop(name)
        del self.by_id[topic.id]
        folders = [self._folder / partition.name for partition in topic.partitions]
        deleted = [folder.rename(folder.with_name(f"{topic.id.hex()}-{number}.deleted"))
                   for number, folder in enumerate(folders) if folder.exists()]  # fmt: skip
        self._store()
        for partition in topic.partitions:
            partition.drop()
        for forget in self.on_delete:
            forget(name)
        for folder in deleted:
            shutil.rmtree(folder, ignore_errors=True)

    def configure(self, name: str, config: dict[str, str]) -> None:
        """Set the configs of a topic; those that are not named have their defaults."""
        topic = self.by_name[name]
        topic.config, topic.limits = config, Limits.of(config)
        for partition in topic.partitions:
            partition.limits = topic.limits
        self._store()

    def partition(self, name: str, number: int) -> Partition | None:
        """The log of a partition, if there is one."""
        topic = self.by_name.get(name)
        return topic.partitions[number] if topic and 0 <= number < len(topic.partitions) else None

    def producer_id(self) -> int:
        """A producer id that was never given before."""
        if self._next_producer_id == self._stored.next_producer_id:
            self._stored.next_producer_id += _PRODUCER_IDS
            self._store()
        self._next_producer_id += 1
        return self._next_producer_id - 1

    def retain(self) -> None:
        """Delete the records that are too old or too many."""
        for topic in self.by_name.values():
            for partition in topic.partitions:
                partition.retain()

    def close(self) -> None:
        """Store what makes the next start quick."""
        for topic in self.by_name.values():
            for partition in topic.partitions:
                partition.close()
        self._stored.next_producer_id = self._next_producer_id
        with contextlib.suppress(OSError):  # then some ids are never given
            self._store()

    def _gave(self, producer_id: int) -> bool:
        return self._stored.first_producer_id <= producer_id < self._next_producer_id

    def _make(self, name: str, identity: bytes, partitions: int, config: dict[str, str]) -> None:
        """Make a topic that is not there, and the partitions that it lacks."""
        topic = self.by_name.get(name) or Topic(name, identity, config)
        self.by_name[name] = self.by_id[topic.id] = topic
        for number in range(len(topic.partitions), partitions):
            folder = self._folder / f"{name}-{number}"
            log = Partition(name, number, folder, topic.limits, self._now, topic.waiting, self._gave)
            topic.partitions.append(log)

    def _store(self) -> None:
        topics = [_StoredTopic(t.name, t.id.hex(), len(t.partitions), t.config) for t in self.by_name.values()]
        written = self._folder / "topics.tmp"
        written.write_bytes(msgspec.json.encode(msgspec.structs.replace(self._stored, topics=topics)))
        written.replace(self._folder / "topics.json")


def is_legal(name: str) -> bool:
    """Whether a topic may have a name, which is a part of the names of its folders, too."""
    return _LEGAL.fullmatch(name) is not None
