"""The control API of a running marketplace: its state, actions that are done once, and faults that last until cleared.

`GET /status`, `POST /actions`, `GET /faults`, `PUT /faults`, `DELETE /faults/{id}` and `POST /shutdown`, on loopback at
the address and behind the token of the state file. A refusal is a problem document; an unknown tag or field is one of
status 400 that names it.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from services_stub.contracts.base import Body, Request
from services_stub.contracts.control_faults import Fault, KafkaName, PartitionNumber, Times

STATE_FILE = "marketplace.json"
"""The name of the state file in the data directory."""

Phase: TypeAlias = Literal["starting", "running", "ending"]
KafkaMode: TypeAlias = Literal["embedded", "apache", "external"]
Payments: TypeAlias = Literal["sandbox", "stripe", "razorpay"]
"""The payment provider. Only the sandbox can be disturbed."""


class KafkaState(Body, frozen=True, kw_only=True):
    """The broker, and whether the marketplace runs it (`embedded`, `apache`) or only uses it (`external`)."""

    mode: KafkaMode
    bootstrap_servers: str


class ProcessState(Body, frozen=True, kw_only=True):
    """One supervised process; `pid` is 0 while there is none."""

    name: str
    pid: int
    restarts: int
    paused: bool


class ServiceState(Body, frozen=True, kw_only=True, omit_defaults=True):
    """One service. With `--processes 1` all have the same pid. `ready` is always false in the state file.

    `detail` says what it waits for and since when, and what else is worth knowing.
    """

    name: str
    pid: int
    port: int
    ready: bool
    restarts: int
    paused: bool
    detail: str = ""


class Status(Body, frozen=True, kw_only=True):
    """The answer of `GET /status`, which `marketplace status --json` prints.

    `links` are the connections that can be cut and slowed, as `order-product`: calls of order to product; or
    `order-kafka`: those of order to the broker.
    """

    gateway: str
    kafka: KafkaState
    cart_store: str
    data_dir: str
    services: list[ServiceState]
    infrastructure: list[ProcessState]
    phase: Phase
    started_at: str
    supervisor_pid: int
    launcher_pid: int
    seed: int
    payments: Payments = "sandbox"
    links: list[str] = []

    def service(self, name: str) -> ServiceState:
        """The state of one service; StopIteration if there is no such service."""
        return next(service for service in self.services if service.name == name)

    def pid_of(self, name: str) -> int:
        """The process id of a service or of a part of the infrastructure; 0 while there is none."""
        parts: list[ServiceState | ProcessState] = [*self.services, *self.infrastructure]
        return next((part.pid for part in parts if part.name == name), 0)

    @property
    def pids(self) -> set[int]:
        """The process ids of the whole marketplace."""
        parts: list[ServiceState | ProcessState] = [*self.services, *self.infrastructure]
        pids = {self.supervisor_pid, self.launcher_pid, *(part.pid for part in parts)}
        return pids - {0}


class DevelopmentUser(Body, frozen=True, kw_only=True):
    """A user for development, one per role."""

    role: str
    email: str
    password: str


class State(Status, frozen=True, kw_only=True):
    """The state file: the status, and the keys to the marketplace.

    `kafka_config` are the properties of librdkafka with which a client is let in by the Kafka.
    """

    control_url: str
    control_token: str
    internal_token: str
    users: list[DevelopmentUser]
    kafka_config: dict[str, str] = {}

    def url_of(self, service: str) -> str:
        """Where a service listens itself, behind the gateway."""
        return f"http://127.0.0.1:{self.service(service).port}"

    def user(self, role: str) -> DevelopmentUser:
        """The development user with a role."""
        return next(user for user in self.users if user.role == role)


class KillService(Request, frozen=True, kw_only=True, tag="kill-service"):
    """End the process of a service at once (SIGKILL); it is started again."""

    service: str


class PauseService(Request, frozen=True, kw_only=True, tag="pause-service"):
    """Freeze the process of a service (SIGSTOP)."""

    service: str


class ResumeService(Request, frozen=True, kw_only=True, tag="resume-service"):
    """Let a paused process go on (SIGCONT)."""

    service: str


class RestartService(Request, frozen=True, kw_only=True, tag="restart-service"):
    """Let the process of a service drain and end (SIGTERM); it is started again."""

    service: str


class StopBroker(Request, frozen=True, kw_only=True, tag="stop-broker"):
    """Cut all connections and accept none; the records stay."""


class StartBroker(Request, frozen=True, kw_only=True, tag="start-broker"):
    """Accept connections again after `stop-broker`."""


class KillBroker(Request, frozen=True, kw_only=True, tag="kill-broker"):
    """End the broker at once; it is started again."""


class LoseUnflushed(Request, frozen=True, kw_only=True, tag="lose-unflushed"):
    """End the embedded broker as a power failure does: records that its disk did not have yet are gone.

    They are those of the last half minute, but for those of topics that are flushed with each message.
    """


class RestartBroker(Request, frozen=True, kw_only=True, tag="restart-broker"):
    """Let the broker end; it is started again."""


class ReleaseRecords(Request, frozen=True, kw_only=True, tag="release-records"):
    """Let readers see the next batches of records that `held-records` holds: of one partition, or of each one."""

    topic: KafkaName
    partition: PartitionNumber | None = None
    batches: Times = 1


ServiceAction: TypeAlias = KillService | PauseService | ResumeService | RestartService
BrokerAction: TypeAlias = StopBroker | StartBroker | KillBroker | LoseUnflushed | RestartBroker | ReleaseRecords
Action: TypeAlias = ServiceAction | BrokerAction


class ActiveFault(Body, frozen=True, kw_only=True, omit_defaults=True):
    """A fault that is in force. Applying one with the same id replaces it; the id clears it.

    `hits` is how many requests a fault of the broker has struck, for a reader of `GET /faults`; of a link, how often
    data or a new connection came that was held back. None where it is not known.
    """

    id: str
    fault: Fault
    hits: int | None = None


class Faults(Body, frozen=True, kw_only=True, omit_defaults=True):
    """The faults that are in force. `not_answering` names the parts whose `hits` are not known therefore."""

    items: list[ActiveFault]
    not_answering: list[str] = []
