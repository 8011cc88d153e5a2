"""The broker as a whole: its log, its groups and its server, and who carries out which request."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from pathlib import Path

from services_stub.infra.kafka.broker.cluster_requests import ClusterRequests
from services_stub.infra.kafka.broker.config_requests import ConfigRequests
from services_stub.infra.kafka.broker.connection import Connection
from services_stub.infra.kafka.broker.context import Handler
from services_stub.infra.kafka.broker.faults import Faults
from services_stub.infra.kafka.broker.fetching import FetchRequests
from services_stub.infra.kafka.broker.group_requests import GROUP_VERSIONS, Groups
from services_stub.infra.kafka.broker.log_requests import LogRequests
from services_stub.infra.kafka.broker.offset_requests import OffsetRequests
from services_stub.infra.kafka.broker.offsets import Offsets
from services_stub.infra.kafka.broker.producing import ProduceRequests
from services_stub.infra.kafka.broker.sasl import SaslRequests
from services_stub.infra.kafka.broker.server import Server
from services_stub.infra.kafka.broker.topic_requests import TopicRequests
from services_stub.infra.kafka.broker.topics import OFFSETS, Topics

_RETAIN_SECONDS = 30.0
_HIGHEST = {0: 8, 1: 11, 22: 5} | GROUP_VERSIONS
"""Later versions of Produce and Fetch cost more, and bring topic ids (KIP-516) and nothing that is needed here.
InitProducerId 6 asks for two-phase commit (KIP-939)."""


class Broker:
    """One node, of the running event loop. Its log is in `folder`. With a password, clients must have it.

    It listens on `addresses`, whose clients are told to reach it by the ports beside them.
    """

    def __init__(self, folder: Path, addresses: Mapping[tuple[str, int], int], password: str = "") -> None:
        clock = asyncio.get_running_loop()
        self.topics = Topics(folder)
        if OFFSETS not in self.topics.by_name:
            self.topics.create(OFFSETS, 1, {"cleanup.policy": "compact"})
        offsets = Offsets(self.topics.by_name[OFFSETS].partitions[0], time.time)
        self.groups = Groups(offsets, clock)
        self.topics.on_delete.append(offsets.delete_topic)
        handlers: dict[int, Handler] = {
            **ProduceRequests(self.topics).handlers,
            **FetchRequests(self.topics, clock).handlers,
            **TopicRequests(self.topics).handlers,
            **LogRequests(self.topics).handlers,
            **ConfigRequests(self.topics).handlers,
            **self.groups.handlers,
            **OffsetRequests(self.groups, offsets, self.topics).handlers,
            **ClusterRequests(self.topics.cluster_id).handlers,
        }
        self.faults = Faults()
        of_strangers = SaslRequests(password).handlers if password else None
        self.server = Server(addresses, Connection, handlers, _HIGHEST, self.faults, of_strangers=of_strangers)
        self._retaining = clock.call_later(_RETAIN_SECONDS, self._retain)

    async def close(self) -> None:
        """Refuse connections, and store what makes the next start quick."""
        self._retaining.cancel()
        await self.server.refuse()
        self.topics.close()

    def _retain(self) -> None:
        self.topics.retain()
        self._retaining = asyncio.get_running_loop().call_later(_RETAIN_SECONDS, self._retain)
