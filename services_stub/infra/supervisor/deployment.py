"""The choices that are settled before the first process of a marketplace starts, and its state while it runs."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec

from services_stub.contracts.control import KafkaState, Payments, Phase, ProcessState, ServiceState, State, Status
from services_stub.infra import valkey
from services_stub.infra.config import credentials
from services_stub.infra.config.credentials import Credentials
from services_stub.infra.config.directory import DataDirectory
from services_stub.infra.config.options import KAFKA, Options
from services_stub.infra.config.ports import HOST, PortClaims, remember, remembered
from services_stub.infra.kafka.password import client_properties
from services_stub.infra.processes.managed_process import ManagedProcess
from services_stub.infra.processes.readiness import Readiness
from services_stub.infra.supervisor import plan

CONTROLLER, CONTROL, GATEWAY = "kafka-controller", "control", "gateway"
_TOKEN_BYTES = 24


@dataclass(frozen=True)
class Deployment:
    """The choices of one run."""

    system: plan.System
    options: Options
    directory: DataDirectory
    ports: Mapping[str, int]
    claims: PortClaims
    credentials: Credentials
    control_token: str
    internal_token: str
    started_at: str

    @classmethod
    def prepare(cls, system: plan.System, options: Options) -> Deployment:
        """Choose ports, users and tokens. The directory must be prepared and locked."""
        directory, claims = DataDirectory(options.directory), PortClaims()
        return cls(
            system=system,
            options=options,
            directory=directory,
            ports=_choose_ports(claims, system, options, directory),
            claims=claims,
            credentials=credentials.load_or_make(directory.credentials_file),
            control_token=secrets.token_urlsafe(_TOKEN_BYTES),
            internal_token=secrets.token_urlsafe(_TOKEN_BYTES),
            started_at=datetime.now(UTC).isoformat(timespec="milliseconds"),
        )

    @property
    def gateway(self) -> str:
        """Where the marketplace is reached."""
        return f"http://{HOST}:{self.ports[GATEWAY]}"

    @property
    def cart_store(self) -> str:
        """The URL of the cart store, without its password."""
        return f"valkey://{HOST}:{self.ports[valkey.NAME]}/0"

    @property
    def cart_store_with_password(self) -> str:
        """The URL by which the cart store is opened."""
        return f"valkey://:{self.credentials.cart_store_password}@{HOST}:{self.ports[valkey.NAME]}/0"

    @property
    def kafka_password(self) -> str:
        """The password of the embedded broker, empty where it asks for none."""
        return self.credentials.kafka_password if self.options.kafka_sasl else ""

    @property
    def kafka_config(self) -> dict[str, str]:
        """The properties with which a client is let in by the Kafka."""
        own = client_properties(self.kafka_password) if self.kafka_password else {}
        return {**self.options.kafka_config, **own}

    @property
    def advertised(self) -> dict[int, int]:
        """The ports of the broker behind links, each with the port of its link."""
        return {self.ports[own]: self.ports[link] for link, own in plan.kafka_ports(self.options).items()}

    def wiring(self, bootstrap_servers: str) -> plan.Wiring:
        """The addresses and keys that the services need."""
        return plan.Wiring(
            ports=dict(self.ports),
            bootstrap_servers=bootstrap_servers,
            kafka_config=self.kafka_config,
            cart_store=self.cart_store_with_password,
            internal_token=self.internal_token,
            credentials=self.credentials,
        )

    def status(self, snapshot: Snapshot) -> Status:
        """The state without the keys."""
        own = {plan.process_of(self.options, name) for name in self.system.services}
        return Status(
            gateway=self.gateway,
            kafka=snapshot.kafka,
            cart_store=self.cart_store,
            data_dir=str(self.directory.root),
            services=[self._service(name, snapshot) for name in self.system.services],
            infrastructure=[
                ProcessState(name=process.name, pid=process.pid, restarts=process.restarts, paused=process.paused)
                for process in snapshot.managed.values()
                if process.name not in own
            ],
            phase=snapshot.phase,
            started_at=self.started_at,
            supervisor_pid=os.getpid(),
            launcher_pid=snapshot.launcher_pid,
            seed=self.options.seed,
            payments=msgspec.convert(self.options.payments, Payments),
            links=list(self.options.links),
        )

    def state(self, snapshot: Snapshot) -> State:
        """The state with the keys, for the state file."""
        return State(
            **(msgspec.structs.asdict(self.status(snapshot)) | {"cart_store": self.cart_store_with_password}),
            control_url=f"http://{HOST}:{self.ports[CONTROL]}",
            control_token=self.control_token,
            internal_token=self.internal_token,
            kafka_config=self.kafka_config,
            users=self.credentials.users,
        )

    def _service(self, name: str, snapshot: Snapshot) -> ServiceState:
        process = snapshot.managed.get(plan.process_of(self.options, name))
        found = snapshot.ready.get(name, Readiness(False))
        return ServiceState(
            name=name,
            pid=process.pid if process else 0,
            port=self.ports[name],
            ready=found.ready,
            detail=found.detail,
            restarts=process.restarts if process else 0,
            paused=process.paused if process else False,
        )


@dataclass(frozen=True)
class Snapshot:
    """The part of the state that changes while a marketplace runs, at one moment."""

    phase: Phase
    kafka: KafkaState
    managed: Mapping[str, ManagedProcess]
    launcher_pid: int
    ready: Mapping[str, Readiness]


def _choose_ports(
    claims: PortClaims, system: plan.System, options: Options, directory: DataDirectory
) -> dict[str, int]:
    gateway = claims.choose_gateway(options.port)
    services = [name for name in system.services if name != GATEWAY]
    links = [*options.links, *plan.kafka_ports(options).values()]
    names = [KAFKA, CONTROLLER, valkey.NAME, CONTROL, *services, *links]
    chosen = claims.choose(names, remembered(directory.ports_file))
    remember(directory.ports_file, chosen)
    return chosen | {GATEWAY: gateway}
