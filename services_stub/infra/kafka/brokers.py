"""A Kafka behind a marketplace, as the supervisor starts and disturbs it; and the embedded one."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Sequence
from typing import Protocol

import msgspec

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
from services_stub.contracts.control_faults import BrokerFault, HeldRecords
from services_stub.contracts.topics import ALL_TOPICS
from services_stub.infra.config.directory import DataDirectory
from services_stub.infra.config.options import KAFKA
from services_stub.infra.config.ports import HOST
from services_stub.infra.kafka.messages import (
    Accept,
    Apply,
    BrokerAnswer,
    BrokerArguments,
    BrokerRequest,
    Clear,
    CountHits,
    CutUnflushed,
    Hits,
    Refuse,
    Release,
)
from services_stub.infra.kafka.password import write_client_files
from services_stub.infra.processes.manager import ProcessManager
from services_stub.infra.processes.messages import Problem, encode
from services_stub.infra.processes.protocol import Fork
from services_stub.infra.processes.readiness import listens, wait_until_ready

_EMBEDDED_SECONDS = 10.0
_ANSWER_SECONDS = 2.0
_ANSWER: msgspec.json.Decoder[BrokerAnswer] = msgspec.json.Decoder(BrokerAnswer)


class CannotDisturb(Exception):
    """This broker cannot do the action or have the fault, or not now; the message says why."""


class BrokerIsAway(CannotDisturb):
    """The broker has ended, and did not answer."""


class Broker(Protocol):
    """A Kafka that services can use once it is started."""

    mode: KafkaMode
    bootstrap_servers: str

    async def start(self) -> None:
        """Start it; return when it can be used and the topics are there."""

    async def act(self, action: BrokerAction) -> None:
        """Carry out an action, or raise CannotDisturb."""

    async def apply(self, fault: BrokerFault) -> None:
        """Put a fault into force until it is cleared, or raise CannotDisturb."""

    async def clear(self, fault_id: str) -> None:
        """Take a fault out of force; KeyError if it is not in force."""

    def faults(self) -> Sequence[BrokerFault]:
        """The faults that are in force."""

    async def hits(self) -> dict[str, int]:
        """How many requests each fault has struck, by its id, where it is known; CannotDisturb if it is not told."""


class EmbeddedBroker:
    """The broker of `services_stub.infra.kafka.broker`, in a process of its own. It may have a password."""

    mode: KafkaMode = "embedded"

    def __init__(
        self,
        processes: ProcessManager,
        directory: DataDirectory,
        port: int,
        advertised: dict[int, int],
        password: str = "",
    ) -> None:
        self.bootstrap_servers = f"{HOST}:{port}"
        self._processes = processes
        self._log = directory.log(KAFKA)
        self._data = str(directory.of(KAFKA) / "embedded")
        self._port, self._advertised = port, advertised
        self._directory = directory
        self._password = password
        self._faults: dict[str, BrokerFault] = {}

    async def start(self) -> None:
        """Fork its process, which makes the topics before it listens."""
        write_client_files(self._directory, self.bootstrap_servers, self._password)
        self._process = self._processes.supervise(self._command())
        await wait_until_ready(
            self._process, lambda: listens(self._port), _EMBEDDED_SECONDS, called="The embedded broker"
        )

    async def act(self, action: BrokerAction) -> None:
        """The records stay, whatever becomes of the process."""
        match action:
            case KillBroker():
                self._processes.signal(self._process, signal.SIGKILL)
            case RestartBroker():
                self._processes.end(self._process, wanted=True)
            case LoseUnflushed():
                await self._check_answers()
                with contextlib.suppress(BrokerIsAway):  # it ends instead of answering
                    await self._request(CutUnflushed())
            case StopBroker():
                await self._change(Refuse())
            case StartBroker():
                await self._change(Accept())
            case ReleaseRecords():
                self._check_held(action.topic)
                await self._change(Release(topic=action.topic, partition=action.partition, batches=action.batches))

    async def apply(self, fault: BrokerFault) -> None:
        """The fault also holds for the process that replaces this one."""
        await self._change(Apply(fault=fault))
        self._remember({**self._faults, fault.id: fault})

    async def clear(self, fault_id: str) -> None:
        """The fault stays in force where the broker does not answer."""
        await self._change(Clear(fault=self._faults[fault_id]))
        self._remember({key: other for key, other in self._faults.items() if key != fault_id})

    def faults(self) -> Sequence[BrokerFault]:
        """The faults that are in force."""
        return list(self._faults.values())

    async def hits(self) -> dict[str, int]:
        """As the broker counts them since it was started."""
        if not self._faults:
            return {}
        answer = await self._request(CountHits(ids=list(self._faults)))
        return answer.by_id if isinstance(answer, Hits) else {}

    def _check_held(self, topic: str) -> None:
        if HeldRecords(topic=topic).id not in self._faults:
            raise CannotDisturb(f"no records of {topic} are held")

    def _remember(self, faults: dict[str, BrokerFault]) -> None:
        self._faults = faults
        self._process.command = self._command()

    def _command(self) -> Fork:
        arguments = BrokerArguments(
            port=self._port,
            directory=self._data,
            topics=list(ALL_TOPICS),
            faults=list(self._faults.values()),
            password=self._password,
            advertised=self._advertised,
        )
        return Fork(
            name=KAFKA,
            entry="services_stub.infra.kafka.embedded:serve",
            argument=msgspec.Raw(encode(arguments)),
            log=str(self._log),
            tier="infrastructure",
            channel=True,
        )

    async def _change(self, request: BrokerRequest) -> None:
        """Have the broker do something, if it answers."""
        await self._check_answers()
        await self._request(request)

    async def _check_answers(self) -> None:
        """Refuse where it does not: one that is frozen would do what is asked of it some day."""
        await self._request(CountHits(ids=[]))

    async def _request(self, request: BrokerRequest) -> BrokerAnswer:
        if self._process.channel is None:
            raise CannotDisturb("the broker is not running")
        try:
            answer = await self._process.channel.request(request, _ANSWER, _ANSWER_SECONDS)
        except TimeoutError:
            raise CannotDisturb(f"the broker has not answered for {_ANSWER_SECONDS:g} s") from None
        if answer is None:
            raise BrokerIsAway("the broker is just being started again")
        if isinstance(answer, Problem):
            raise CannotDisturb(answer.text)
        return answer


def tag_of(command: msgspec.Struct) -> str:
    """The name of an action or a fault on the wire."""
    return str(command.__struct_config__.tag)
