"""The broker as a whole: its log, its groups and its server, and who carries out which request."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from services_stub.infra.kafka.broker.cluster_requests import ClusterRequests
from services_stub.infra.kafka.broker.config_requests import ConfigRequests
from services_stub.infra.kafka.broker.context import Cancellable, Handler
from services_stub.infra.kafka.broker.faults import Faults
from services_stub.infra.kafka.broker.fetching import FetchRequests
from services_stub.infra.kafka.broker.group_requests import GROUP_VERSIONS, Groups
from services_stub.infra.kafka.broker.log_requests import LogRequests
from services_stub.infra.kafka.broker.offset_requests import OffsetRequests
from services_stub.infra.kafka.broker.offsets import Offsets
from services_stub.infra.kafka.broker.producing import ProduceRequests
from services_stub.infra.kafka.broker.server import Server
from services_stub.infra.kafka.broker.topic_requests import TopicRequests
from services_stub.infra.kafka.broker.topics import OFFSETS, Topics

_RETAIN_SECONDS = 30.0
_HIGHEST = {0: 8, 1: 11, 22: 5}
"""Later versions of Produce and Fetch cost more, and bring topic ids (KIP-516) and nothing that is needed here.
InitProducerId 6 asks for two-phase commit (KIP-939)."""


class LoopClock:
    """The time of the machine and of the event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def now(self) -> float:
        """Seconds since 1970."""
        return time.time()

    def call_later(self, seconds: float, callback: Callable[[], None]) -> Cancellable:
        """Call back after so many seconds."""
        return self._loop.call_later(seconds, callback)


class Broker:
    """One node, of the running event loop. Its log is in `folder`.

    It listens on `port` and on the keys of `advertised`, whose clients are told to reach it by the ports beside them.
    """

    def __init__(self, folder: Path, host: str, port: int, advertised: Mapping[int, int] | None = None) -> None:
        clock = LoopClock(asyncio.get_running_loop())
        self.topics = Topics(folder)
        if OFFSETS not in self.topics.by_name:
            self.topics.create(OFFSETS, 1, {"cleanup.policy": "compact"})
        offsets = Offsets(self.topics.by_name[OFFSETS].partitions[0], time.time)
        self.groups = Groups(offsets, clock)
        self.topics.on_delete.append(offsets.delete_topic)
        parts: tuple[Mapping[int, Handler], ...] = (
            ProduceRequests(self.topics).handlers,
            FetchRequests(self.topics, clock).handlers,
            TopicRequests(self.topics).handlers,
            LogRequests(self.topics).handlers,
            ConfigRequests(self.topics).handlers,
            self.groups.handlers,
            OffsetRequests(self.groups, offsets, self.topics).handlers,
            ClusterRequests(self.topics.cluster_id).handlers,
        )
        self.faults = Faults(self._name_of)
        handlers = {api_key: handler for part in parts for api_key, handler in part.items()}
        self.server = Server(handlers, _HIGHEST | GROUP_VERSIONS, self.faults, advertised=advertised)
        self._host = host
        self._port = port
        self._clock = clock
        self._retaining = clock.call_later(_RETAIN_SECONDS, self._retain)

    def ensure(self, *topics: tuple[str, int, dict[str, str]]) -> None:
        """Create topics (name, partitions, config), or give them the partitions that they lack; configs stay."""
        self.topics.ensure(topics)

    def hold(self, topic: str) -> None:
        """Keep what is written to a topic from now on out of sight; KeyError where there is no such topic."""
        for partition in self.topics.by_name[topic].partitions:
            partition.hold()

    def release(self, topic: str, partition: int) -> None:
        """Let the first batch that is held of a partition be seen. Nothing where none is held."""
        self.topics.by_name[topic].partitions[partition].release()

    def release_all(self, topic: str) -> None:
        """Hold nothing of a topic any more."""
        for partition in self.topics.by_name[topic].partitions:
            partition.release_all()

    async def listen(self) -> None:
        """Accept connections; nothing where it does already. OSError where the port is taken."""
        await self.server.listen(self._host, self._port)

    async def refuse(self) -> None:
        """Cut all connections and refuse new ones; the records stay."""
        await self.server.refuse()

    async def close(self) -> None:
        """Refuse connections, and store what makes the next start quick."""
        self._retaining.cancel()
        await self.server.refuse()
        self.topics.close()

    def _retain(self) -> None:
        self.topics.retain()
        self._retaining = self._clock.call_later(_RETAIN_SECONDS, self._retain)

    def _name_of(self, topic_id: bytes) -> str | None:
        topic = self.topics.by_id.get(topic_id)
        return topic.name if topic else None
