"""The Kafkas that are not of this project: Apache Kafka, started here, and any other cluster."""

from __future__ import annotations

import signal
from collections.abc import Sequence

from services_stub.client.user_files import cache_directory
from services_stub.contracts.control import (
    BrokerAction,
    KafkaMode,
    KillBroker,
    LoseUnflushed,
    ReleaseRecords,
    RestartBroker,
    StartBroker,
    StopBroker,
)
from services_stub.contracts.control_faults import BrokerFault
from services_stub.infra.config.directory import DataDirectory
from services_stub.infra.config.options import KAFKA
from services_stub.infra.config.ports import HOST
from services_stub.infra.kafka.brokers import CannotDisturb, tag_of
from services_stub.infra.kafka.messages import ApacheArguments, NodeCommand, TopicsArguments
from services_stub.infra.processes.managed_process import ManagedProcess
from services_stub.infra.processes.manager import ProcessManager
from services_stub.infra.processes.messages import Done
from services_stub.infra.processes.protocol import Execute
from services_stub.infra.processes.readiness import listens, wait_until_ready

_APACHE_SECONDS = 60.0
_REACH_SECONDS = 6.0
_WORK_SECONDS = 30.0


class _WithoutFaults:
    """The part that brokers share whose answers cannot be touched."""

    _reason: str

    async def apply(self, fault: BrokerFault) -> None:
        """Refuse: only the embedded broker has faults."""
        raise CannotDisturb(f"{tag_of(fault)}: {self._reason}")

    async def clear(self, fault_id: str) -> None:
        """None is ever in force."""
        raise KeyError(fault_id)

    def faults(self) -> Sequence[BrokerFault]:
        """None."""
        return ()

    async def hits(self) -> dict[str, int]:
        """None."""
        return {}


class ApacheBroker(_WithoutFaults):
    """Apache Kafka, one node, started from its jars."""

    mode: KafkaMode = "apache"
    _reason = "only the embedded broker can do this, not Apache Kafka"

    def __init__(
        self,
        processes: ProcessManager,
        directory: DataDirectory,
        port: int,
        controller_port: int,
        advertised: dict[int, int],
    ) -> None:
        self.bootstrap_servers = f"{HOST}:{port}"
        self._processes = processes
        self._directory = directory
        self._port, self._controller_port, self._advertised = port, controller_port, advertised
        self._process: ManagedProcess | None = None

    async def start(self) -> None:
        """Get the jars, format the storage once, start the node and make the topics."""
        log = self._directory.log(KAFKA)
        home = str(self._directory.of(KAFKA))
        argument = ApacheArguments(
            directory=home,
            cache=str(cache_directory()),
            port=self._port,
            controller_port=self._controller_port,
            advertised=self._advertised,
        )
        node = await self._processes.run_job(
            "kafka-prepare", "services_stub.infra.kafka.apache:prepare", argument, log, NodeCommand
        )
        command = Execute(name=KAFKA, arguments=node.arguments, log=str(log), directory=home)
        self._process = self._processes.supervise(command)
        await wait_until_ready(self._process, lambda: listens(self._port), _APACHE_SECONDS, called="Apache Kafka")
        await make_topics(self._processes, self._directory, self.bootstrap_servers, {}, _APACHE_SECONDS)

    async def act(self, action: BrokerAction) -> None:
        """Its process is stopped, started and killed; its records stay."""
        if self._process is None:
            raise CannotDisturb("the broker is not running")
        match action:
            case KillBroker():
                self._processes.signal(self._process, signal.SIGKILL)
            case RestartBroker():
                self._processes.end(self._process, wanted=True)
            case StopBroker():
                self._processes.end(self._process, wanted=False)
            case StartBroker():
                self._processes.start_again(self._process)
            case ReleaseRecords() | LoseUnflushed():
                raise CannotDisturb(f"{tag_of(action)}: {self._reason}")


class ExternalBroker(_WithoutFaults):
    """A cluster that the marketplace uses and does not run."""

    mode: KafkaMode = "external"

    def __init__(
        self, processes: ProcessManager, directory: DataDirectory, bootstrap_servers: str, config: dict[str, str]
    ) -> None:
        self.bootstrap_servers = bootstrap_servers
        self._processes = processes
        self._directory = directory
        self._config = config
        self._reason = f"the cluster at {bootstrap_servers} is not this marketplace's own"

    async def start(self) -> None:
        """Reach it and make the topics."""
        await make_topics(self._processes, self._directory, self.bootstrap_servers, self._config, _REACH_SECONDS)

    async def act(self, action: BrokerAction) -> None:
        """Refuse: others may depend on it."""
        raise CannotDisturb(f"{tag_of(action)}: {self._reason}")


async def make_topics(
    processes: ProcessManager,
    directory: DataDirectory,
    bootstrap_servers: str,
    config: dict[str, str],
    reach_seconds: float,
) -> None:
    """Reach the cluster and make its topics, in a process that then ends."""
    argument = TopicsArguments(
        bootstrap_servers=bootstrap_servers, config=config, reach_seconds=reach_seconds, work_seconds=_WORK_SECONDS
    )
    await processes.run_job(
        "topics", "services_stub.infra.kafka.topics:prepare", argument, directory.log("topics"), Done
    )
