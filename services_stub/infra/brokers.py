"""The three kinds of Kafka behind a marketplace, as the supervisor starts and disturbs them."""

from __future__ import annotations

import signal
from typing import Protocol

from services_stub.contracts.topics import ALL_TOPICS
from services_stub.infra.channel import Message
from services_stub.infra.directory import DataDirectory, cache_directory
from services_stub.infra.fleet import Fleet
from services_stub.infra.options import APACHE, EMBEDDED
from services_stub.infra.ports import HOST
from services_stub.infra.protocol import INFRASTRUCTURE, Execute, Fork
from services_stub.infra.readiness import listens, wait_until
from services_stub.infra.unit import Unit

NAME = "kafka"
EXTERNAL = "external"
_EMBEDDED_SECONDS = 10.0
_APACHE_SECONDS = 60.0
_REACH_SECONDS = 6.0
_WORK_SECONDS = 30.0


class NotPossible(Exception):
    """This kind of broker cannot do what was asked; the message says why."""


class Broker(Protocol):
    """A Kafka that services can use once it is started."""

    mode: str
    bootstrap_servers: str

    async def start(self) -> None:
        """Start it; return when it can be used and the topics are there."""

    async def disturb(self, request: Message) -> None:
        """Carry out a request whose `type` is `slow`, `fail`, `stop`, `start`, `kill` or `restart`."""


class EmbeddedBroker:
    """The broker inside librdkafka."""

    mode = EMBEDDED

    def __init__(self, fleet: Fleet, directory: DataDirectory, port: int) -> None:
        self.bootstrap_servers = f"{HOST}:{port}"
        self._fleet = fleet
        self._log = directory.log(NAME)
        self._port = port

    async def start(self) -> None:
        """Fork its process, which makes the topics before it listens."""
        topics = {topic.name: topic.partitions for topic in ALL_TOPICS}
        self._unit = self._fleet.keep(
            Fork(
                name=NAME,
                entry="services_stub.infra.embedded_kafka:serve",
                argument={"port": self._port, "topics": topics},
                log=str(self._log),
                stage=INFRASTRUCTURE,
                channel=True,
            )
        )
        await wait_until(lambda: listens(self._port), self._unit, "The embedded broker", self._log, _EMBEDDED_SECONDS)

    async def disturb(self, request: Message) -> None:
        """Kill and restart lose the log; the rest happens inside the broker."""
        action = request["type"]
        if action == "kill":
            self._fleet.signal(self._unit, signal.SIGKILL)
        elif action == "restart":
            self._fleet.end(self._unit, wanted=True)
        else:
            await self._ask(request)

    async def _ask(self, request: Message) -> None:
        if self._unit.channel is None:
            raise NotPossible("the broker is not running")
        answer = await self._unit.channel.ask(request)
        if answer is None:
            raise NotPossible("the broker is just being started again")
        if "error" in answer:
            raise NotPossible(str(answer["error"]))


class ApacheBroker:
    """Apache Kafka, one node, started from its jars."""

    mode = APACHE

    def __init__(self, fleet: Fleet, directory: DataDirectory, port: int, controller_port: int) -> None:
        self.bootstrap_servers = f"{HOST}:{port}"
        self._fleet = fleet
        self._directory = directory
        self._port = port
        self._controller_port = controller_port
        self._unit: Unit | None = None

    async def start(self) -> None:
        """Get the jars, format the storage once, start the node and make the topics."""
        log = self._directory.log(NAME)
        home = str(self._directory.of(NAME))
        argument: Message = {
            "directory": home,
            "cache": str(cache_directory()),
            "port": self._port,
            "controller_port": self._controller_port,
        }
        made = await self._fleet.job("kafka-prepare", "services_stub.infra.apache_kafka:prepare", argument, log)
        command = Execute(name=NAME, arguments=made["arguments"], log=str(log), directory=home)
        self._unit = self._fleet.keep(command)
        await wait_until(lambda: listens(self._port), self._unit, "Apache Kafka", log, _APACHE_SECONDS)
        await make_topics(self._fleet, self._directory, self.bootstrap_servers, {}, _APACHE_SECONDS)

    async def disturb(self, request: Message) -> None:
        """Its process can be stopped, started and killed; its answers cannot be touched."""
        if self._unit is None:
            raise NotPossible("the broker is not running")
        action = request["type"]
        if action == "kill":
            self._fleet.signal(self._unit, signal.SIGKILL)
        elif action == "restart":
            self._fleet.end(self._unit, wanted=True)
        elif action == "stop":
            self._fleet.end(self._unit, wanted=False)
        elif action == "start":
            self._fleet.revive(self._unit)
        else:
            raise NotPossible(f"Apache Kafka cannot be told to {action}: only the embedded broker can")


class ExternalBroker:
    """A cluster that somebody else runs."""

    mode = EXTERNAL

    def __init__(self, fleet: Fleet, directory: DataDirectory, bootstrap_servers: str, config: dict[str, str]) -> None:
        self.bootstrap_servers = bootstrap_servers
        self._fleet = fleet
        self._directory = directory
        self._config = config

    async def start(self) -> None:
        """Reach it and make the topics."""
        await make_topics(self._fleet, self._directory, self.bootstrap_servers, self._config, _REACH_SECONDS)

    async def disturb(self, request: Message) -> None:
        """It is not ours to disturb."""
        raise NotPossible(f"{request['type']}: the cluster at {self.bootstrap_servers} is not this marketplace's own")


async def make_topics(
    fleet: Fleet, directory: DataDirectory, bootstrap_servers: str, config: dict[str, str], reach_seconds: float
) -> None:
    """Reach the cluster and make its topics, in a process that then ends."""
    argument: Message = {
        "bootstrap_servers": bootstrap_servers,
        "config": config,
        "reach_seconds": reach_seconds,
        "work_seconds": _WORK_SECONDS,
    }
    await fleet.job("topics", "services_stub.infra.topics:prepare", argument, directory.log("topics"))
