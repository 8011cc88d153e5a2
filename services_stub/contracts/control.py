"""The control API of a running marketplace: its state, actions that are done once, and faults that last until cleared.

`GET /status`, `POST /actions`, `GET /faults`, `PUT /faults`, `DELETE /faults/{id}` and `POST /shutdown`, on loopback at
the address and behind the token of the state file. A refusal is a problem document; an unknown tag or field is one of
status 400 that names it.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

import msgspec

from services_stub.contracts.base import Body, Request

STATE_FILE = "marketplace.json"
"""The name of the state file in the data directory."""

Phase: TypeAlias = Literal["starting", "running", "ending"]
KafkaMode: TypeAlias = Literal["embedded", "apache", "external"]
Payments: TypeAlias = Literal["sandbox", "stripe", "razorpay"]
"""The payment provider. Only the sandbox can be disturbed."""

Milliseconds: TypeAlias = Annotated[int, msgspec.Meta(ge=1, le=600_000)]
Rate: TypeAlias = Annotated[float, msgspec.Meta(gt=0, le=1)]
"""The share of payments or records that a fault strikes; 1 strikes all."""

_INT16 = msgspec.Meta(ge=-(2**15), lt=2**15)
ApiKey: TypeAlias = Annotated[int, msgspec.Meta(ge=0, lt=2**15)]
ErrorCode: TypeAlias = Annotated[int, _INT16]


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


class ServiceState(Body, frozen=True, kw_only=True):
    """One service. With `--processes 1` all have the same pid. `ready` is always false in the state file."""

    name: str
    pid: int
    port: int
    ready: bool
    restarts: int
    paused: bool


class Status(Body, frozen=True, kw_only=True):
    """The answer of `GET /status`, which `marketplace status --json` prints.

    `links` are the connections that can be cut and slowed, as `order-product`: calls of order to product.
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
    """The state file: the status, and the keys to the marketplace."""

    control_url: str
    control_token: str
    internal_token: str
    users: list[DevelopmentUser]

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
    """End the broker at once; it is started again, the embedded one with an empty log."""


class RestartBroker(Request, frozen=True, kw_only=True, tag="restart-broker"):
    """Let the broker end; it is started again, the embedded one with an empty log."""


ServiceAction: TypeAlias = KillService | PauseService | ResumeService | RestartService
BrokerAction: TypeAlias = StopBroker | StartBroker | KillBroker | RestartBroker
Action: TypeAlias = ServiceAction | BrokerAction


class SlowBroker(Request, frozen=True, kw_only=True, tag="slow-broker"):
    """The broker holds every answer back for so many milliseconds."""

    milliseconds: Milliseconds

    @property
    def id(self) -> str:
        """There is one at a time."""
        return "slow-broker"


class FailingRequests(Request, frozen=True, kw_only=True, tag="failing-requests"):
    """The broker answers requests of one kind (a Kafka API key) with these Kafka error codes.

    Each code is the answer to one request, in this order; clearing the fault takes back those that are left.
    """

    api_key: ApiKey
    errors: Annotated[list[ErrorCode], msgspec.Meta(min_length=1, max_length=1000)]

    @property
    def id(self) -> str:
        """There is one at a time for each kind of request."""
        return f"failing-requests-{self.api_key}"


class FullDisk(Request, frozen=True, kw_only=True, tag="full-disk"):
    """The process of a service cannot write to any file, as on a full disk; Linux only. It outlives restarts."""

    service: str

    @property
    def id(self) -> str:
        """There is one at a time for each service."""
        return f"full-disk-{self.service}"


class CutLink(Request, frozen=True, kw_only=True, tag="cut-link"):
    """No byte passes between two parts, such as `order-product`: those that were sent arrive when it is cleared."""

    link: str

    @property
    def id(self) -> str:
        """There is one at a time for each link."""
        return f"cut-link-{self.link}"


class SlowLink(Request, frozen=True, kw_only=True, tag="slow-link"):
    """Every byte between two parts comes so many milliseconds later, both ways."""

    link: str
    milliseconds: Milliseconds

    @property
    def id(self) -> str:
        """There is one at a time for each link."""
        return f"slow-link-{self.link}"


class _ServiceFault(Request, frozen=True, kw_only=True):
    """A fault that a service carries out."""

    @property
    def id(self) -> str:
        """There is one of each kind at a time."""
        return str(self.__struct_config__.tag)


class DeclinedPayments(_ServiceFault, frozen=True, kw_only=True, tag="declined-payments"):
    """The payment provider declines this share of the charges."""

    rate: Rate


class DelayedPayments(_ServiceFault, frozen=True, kw_only=True, tag="delayed-payments"):
    """The payment provider answers so many milliseconds later."""

    milliseconds: Milliseconds


class PaymentOutage(_ServiceFault, frozen=True, kw_only=True, tag="payment-outage"):
    """The payment provider cannot be reached."""


class LostPaymentAnswers(_ServiceFault, frozen=True, kw_only=True, tag="lost-payment-answers"):
    """The payment provider charges, and this share of its answers gets lost."""

    rate: Rate


class DoubleCharges(_ServiceFault, frozen=True, kw_only=True, tag="double-charges"):
    """The payment provider charges this share of the payments twice."""

    rate: Rate


class _RecordFault(_ServiceFault, frozen=True, kw_only=True):
    """A disturbance of the records that the publisher of a topic sends. Dead letters are not disturbed."""

    topic: str

    @property
    def id(self) -> str:
        """There is one of each kind at a time for each topic."""
        return f"{self.__struct_config__.tag}-{self.topic}"


class DuplicatedRecords(_RecordFault, frozen=True, kw_only=True, tag="duplicated-records"):
    """This share of a topic's records is sent twice."""

    rate: Rate


class DelayedRecords(_RecordFault, frozen=True, kw_only=True, tag="delayed-records"):
    """A topic's records are sent so many milliseconds later, in their order; at once when the fault is cleared."""

    milliseconds: Milliseconds


class ResentRecords(_RecordFault, frozen=True, kw_only=True, tag="resent-records"):
    """This share of a topic's records is dropped, and sent about a second later or when the fault is cleared.

    Records of other keys overtake them; those of the same key wait, because the order of a key is what consumers are
    promised.
    """

    rate: Rate


class PoisonRecords(_RecordFault, frozen=True, kw_only=True, tag="poison-records"):
    """Records that no consumer can handle are put into a topic, one every so many milliseconds."""

    milliseconds: Milliseconds


BrokerFault: TypeAlias = SlowBroker | FailingRequests
PaymentFault: TypeAlias = DeclinedPayments | DelayedPayments | PaymentOutage | LostPaymentAnswers | DoubleCharges
RecordFault: TypeAlias = DuplicatedRecords | DelayedRecords | ResentRecords | PoisonRecords
ServiceFault: TypeAlias = PaymentFault | RecordFault
"""The faults that a service carries out: payment, or the publisher of the topic. They outlive its restarts."""

ProcessFault: TypeAlias = FullDisk
"""The faults that the supervisor lays on the process of a service."""

LinkFault: TypeAlias = CutLink | SlowLink
"""The faults of connections that pass through a proxy of the supervisor. They outlive restarts of both ends."""

Fault: TypeAlias = BrokerFault | ProcessFault | LinkFault | ServiceFault


class ActiveFault(Body, frozen=True, kw_only=True):
    """A fault that is in force. Applying one with the same id replaces it; the id clears it."""

    id: str
    fault: Fault


class Faults(Body, frozen=True, kw_only=True):
    """The faults that are in force."""

    items: list[ActiveFault]
