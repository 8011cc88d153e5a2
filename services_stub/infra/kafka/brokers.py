"""The three kinds of Kafka behind a marketplace, as the supervisor starts and disturbs them."""

from __future__ import annotations

import signal
from typing import Protocol

from services_stub.contracts.topics import ALL_TOPICS
from services_stub.infra.config.directory import DataDirectory, cache_directory
from services_stub.infra.config.options import APACHE, EMBEDDED
from services_stub.infra.config.ports import HOST
from services_stub.infra.processes.channel import Message
from services_stub.infra.processes.managed_process import ManagedProcess
from services_stub.infra.processes.manager import ProcessManager
from services_stub.infra.processes.protocol import INFRASTRUCTURE, Execute, Fork
from services_stub.infra.processes.readiness import listens, wait_until

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

    async def carry_out(self, request: Message) -> None:
        """Carry out a request whose `type` is `slow`, `fail`, `stop`, `start`, `kill` or `restart`."""


class EmbeddedBroker:
    """The broker inside librdkafka."""

    mode = EMBEDDED

    def __init__(self, processes: ProcessManager, directory: DataDirectory, port: int) -> None:
        self.bootstrap_servers = f"{HOST}:{port}"
        self._processes = processes
        self._log = directory.log(NAME)
        self._port = port

    async def start(self) -> None:
        """Fork its process, which makes the topics before it listens."""
        topics = {topic.name: topic.partitions for topic in ALL_TOPICS}
        self._process = self._processes.supervise(
            Fork(
                name=NAME,
                entry="services_stub.infra.kafka.embedded:serve",
                argument={"port": self._port, "topics": topics},
                log=str(self._log),
                stage=INFRASTRUCTURE,
                channel=True,
            )
        )
        await wait_until(
            lambda: listens(self._port), self._process, "The embedded broker", self._log, _EMBEDDED_SECONDS
        )

    async def carry_out(self, request: Message) -> None:
        """Kill and restart lose the log; the rest happens inside the broker."""
        action = request["type"]
        if action == "kill":
            self._processes.signal(self._process, signal.SIGKILL)
        elif action == "restart":
            self._processes.end(self._process, wanted=True)
        else:
            await self._ask(request)

    async def _ask(self, request: Message) -> None:
        if self._process.channel is None:
            raise NotPossible("the broker is not running")
        answer = await self._process.channel.request(request)
        if answer is None:
            raise NotPossible("the broker is just being started again")
        if "error" in answer:
            raise NotPossible(str(answer["error"]))


class ApacheBroker:
    """Apache Kafka, one node, started from its jars."""

    mode = APACHE

    def __init__(self, processes: ProcessManager, directory: DataDirectory, port: int, controller_port: int) -> None:
        self.bootstrap_servers = f"{HOST}:{port}"
        self._processes = processes
        self._directory = directory
        self._port = port
        self._controller_port = controller_port
        self._process: ManagedProcess | None = None

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
        made = await self._processes.run_job("kafka-prepare", "services_stub.infra.kafka.apache:prepare", argument, log)
        command = Execute(name=NAME, arguments=made["arguments"], log=str(log), directory=home)
        self._process = self._processes.supervise(command)
        await wait_until(lambda: listens(self._port), self._process, "Apache Kafka", log, _APACHE_SECONDS)
        await make_topics(self._processes, self._directory, self.bootstrap_servers, {}, _APACHE_SECONDS)

    async def carry_out(self, request: Message) -> None:
        """Its process can be stopped, started and killed; its answers cannot be touched."""
        if self._process is None:
            raise NotPossible("the broker is not running")
        action = request["type"]
        if action == "kill":
            self._processes.signal(self._process, signal.SIGKILL)
        elif action == "restart":
            self._processes.end(self._process, wanted=True)
        elif action == "stop":
            self._processes.end(self._process, wanted=False)
        elif action == "start":
            self._processes.start_again(self._process)
        else:
            raise NotPossible(f"Apache Kafka cannot be told to {action}: only the embedded broker can")


class ExternalBroker:
    """A cluster that somebody else runs."""

    mode = EXTERNAL

    def __init__(
        self, processes: ProcessManager, directory: DataDirectory, bootstrap_servers: str, config: dict[str, str]
    ) -> None:
        self.bootstrap_servers = bootstrap_servers
        self._processes = processes
        self._directory = directory
        self._config = config

    async def start(self) -> None:
        """Reach it and make the topics."""
        await make_topics(self._processes, self._directory, self.bootstrap_servers, self._config, _REACH_SECONDS)

    async def carry_out(self, request: Message) -> None:
        """It is not ours to disturb."""
        raise NotPossible(f"{request['type']}: the cluster at {self.bootstrap_servers} is not this marketplace's own")


async def make_topics(
    processes: ProcessManager,
    directory: DataDirectory,
    bootstrap_servers: str,
    config: dict[str, str],
    reach_seconds: float,
) -> None:
    """Reach the cluster and make its topics, in a process that then ends."""
    argument: Message = {
        "bootstrap_servers": bootstrap_servers,
        "config": config,
        "reach_seconds": reach_seconds,
        "work_seconds": _WORK_SECONDS,
    }
    await processes.run_job("topics", "services_stub.infra.kafka.topics:prepare", argument, directory.log("topics"))
