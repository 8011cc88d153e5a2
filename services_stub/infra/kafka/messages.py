"""The messages between the supervisor and the processes of the brokers.

They are apart from the functions that run there, because the supervisor does without the memory of a Kafka client.
"""

from __future__ import annotations

from typing import TypeAlias

from services_stub.contracts.control_faults import BrokerFault
from services_stub.contracts.topics import Topic
from services_stub.infra.processes.messages import Answer, Message


class BrokerArguments(Message, frozen=True, kw_only=True):
    """The embedded broker's port, the directory of its log, its topics, its faults from the start, its password.

    `advertised` are more ports that it listens on, each with the port by which clients that come there reach it.
    """

    port: int
    directory: str
    topics: list[Topic]
    faults: list[BrokerFault] = []
    password: str = ""
    advertised: dict[int, int] = {}


class Apply(Message, frozen=True, kw_only=True):
    """Put a fault into force, in place of one with the same id."""

    fault: BrokerFault


class Clear(Message, frozen=True, kw_only=True):
    """Take a fault out of force."""

    fault: BrokerFault


class Release(Message, frozen=True, kw_only=True):
    """Let the next batches of records be seen that are held of a partition, or of each partition, of a topic."""

    topic: str
    partition: int | None
    batches: int


class CountHits(Message, frozen=True, kw_only=True):
    """Say how many requests each of these faults has struck."""

    ids: list[str]


class Hits(Message, frozen=True, kw_only=True):
    """How many requests each fault has struck; of those that are not in force there is none."""

    by_id: dict[str, int]


class Refuse(Message, frozen=True, kw_only=True):
    """Cut all connections and refuse new ones."""


class Accept(Message, frozen=True, kw_only=True):
    """Accept connections again."""


class CutUnflushed(Message, frozen=True, kw_only=True):
    """Cut what the disk may lack, and end at once, without an answer."""


BrokerRequest: TypeAlias = Apply | Clear | Release | CountHits | Refuse | Accept | CutUnflushed
BrokerAnswer: TypeAlias = Answer | Hits


class ApacheArguments(Message, frozen=True, kw_only=True):
    """Where the node keeps its data, where it listens, and where the jars are cached.

    `advertised` are more ports that it listens on, each with the port by which clients that come there reach it.
    """

    directory: str
    cache: str
    port: int
    controller_port: int
    advertised: dict[int, int] = {}


class NodeCommand(Message, frozen=True, kw_only=True):
    """The command that starts the node of Apache Kafka."""

    arguments: list[str]


class TopicsArguments(Message, frozen=True, kw_only=True):
    """The cluster, and how long it may take to reach it and to make its topics, in seconds."""

    bootstrap_servers: str
    config: dict[str, str]
    reach_seconds: float
    work_seconds: float
