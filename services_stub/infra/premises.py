"""What is settled about a marketplace before its first process starts, and the picture of it while it runs."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec

from services_stub.infra import credentials, plan, state, valkey
from services_stub.infra.credentials import Credentials
from services_stub.infra.directory import DataDirectory
from services_stub.infra.options import Options
from services_stub.infra.ports import HOST, Claims, remember, remembered
from services_stub.infra.unit import Unit

KAFKA, CONTROLLER, CONTROL, GATEWAY = "kafka", "kafka-controller", "control", "gateway"
_TOKEN_BYTES = 24


@dataclass(frozen=True)
class Premises:
    """The choices of one run."""

    system: plan.System
    options: Options
    directory: DataDirectory
    ports: Mapping[str, int]
    claims: Claims
    credentials: Credentials
    control_token: str
    internal_token: str
    started_at: str

    @classmethod
    def settle(cls, system: plan.System, options: Options) -> Premises:
        """Choose what is not given: ports, users, tokens. The directory must be prepared and locked."""
        directory, claims = DataDirectory(options.directory), Claims()
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
        """The URL of the cart store."""
        return f"valkey://{HOST}:{self.ports[valkey.NAME]}/0"

    def wiring(self, bootstrap_servers: str) -> plan.Wiring:
        """What the services need to know."""
        return plan.Wiring(
            ports=dict(self.ports),
            bootstrap_servers=bootstrap_servers,
            cart_store=self.cart_store,
            internal_token=self.internal_token,
            credentials=self.credentials,
        )

    def status(self, now: Now) -> state.Status:
        """The picture that anybody may see."""
        own = {plan.process_of(self.options, name) for name in self.system.services}
        return state.Status(
            gateway=self.gateway,
            kafka=now.kafka,
            cart_store=self.cart_store,
            data_dir=str(self.directory.root),
            services=[self._service(name, now) for name in self.system.services],
            infrastructure=[
                state.ProcessState(name=unit.name, pid=unit.pid, restarts=unit.restarts, paused=unit.paused)
                for unit in now.units.values()
                if unit.name not in own
            ],
            phase=now.phase,
            started_at=self.started_at,
            supervisor_pid=os.getpid(),
            launcher_pid=now.launcher_pid,
            seed=self.options.seed,
        )

    def whole_state(self, now: Now) -> state.State:
        """The picture with the keys, for the state file."""
        return state.State(
            **msgspec.structs.asdict(self.status(now)),
            control_url=f"http://{HOST}:{self.ports[CONTROL]}",
            control_token=self.control_token,
            internal_token=self.internal_token,
            users=self.credentials.users,
        )

    def _service(self, name: str, now: Now) -> state.ServiceState:
        unit = now.units.get(plan.process_of(self.options, name))
        return state.ServiceState(
            name=name,
            pid=unit.pid if unit else 0,
            port=self.ports[name],
            ready=now.ready.get(name, False),
            restarts=unit.restarts if unit else 0,
            paused=unit.paused if unit else False,
        )


@dataclass(frozen=True)
class Now:
    """What changes while a marketplace runs."""

    phase: str
    kafka: state.KafkaState
    units: Mapping[str, Unit]
    launcher_pid: int
    ready: Mapping[str, bool]


def _choose_ports(claims: Claims, system: plan.System, options: Options, directory: DataDirectory) -> dict[str, int]:
    gateway = claims.choose_gateway(options.port)
    names = [KAFKA, CONTROLLER, valkey.NAME, CONTROL, *(name for name in system.services if name != GATEWAY)]
    chosen = claims.choose(names, remembered(directory.ports_file))
    remember(directory.ports_file, chosen)
    return chosen | {GATEWAY: gateway}
