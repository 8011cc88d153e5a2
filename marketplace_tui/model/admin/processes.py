"""The processes of a marketplace: as the gateway sees its services, and as the control API sees their processes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from marketplace_tui.model.marketplace import Marketplace
from marketplace_tui.model.resource import Resource
from services_stub.contracts.control import ServiceState, Status
from services_stub.contracts.http.gateway import Health, ServiceHealth, TopicProgress


@dataclass(frozen=True)
class Process:
    """One process. What is not known is None: the process of a marketplace elsewhere, the requests of a broker.

    The consumer group of a service has its name; `topics` is how far it has read.
    """

    name: str
    is_service: bool
    ready: bool | None
    detail: str = ""
    pid: int | None = None
    restarts: int | None = None
    paused: bool = False
    requests: int | None = None
    p99_ms: float | None = None
    topics: tuple[TopicProgress, ...] = ()

    @property
    def lag_records(self) -> int:
        """The records that wait for its consumer group."""
        return sum(topic.lag_records for topic in self.topics)

    @property
    def staleness_seconds(self) -> float:
        """The age of the oldest record that waits, at most. Seconds."""
        return max((topic.staleness_seconds for topic in self.topics), default=0.0)


def processes(health: Health | None, status: Status | None) -> list[Process]:
    """All processes that one of them knows, the services first."""
    seen = {service.name: service for service in health.services} if health else {}
    states = {state.name: state for state in status.services} if status else {}
    found = [_service(name, seen, states) for name in dict.fromkeys((*states, *seen))]
    if status:
        found += [
            Process(
                name=part.name,
                is_service=False,
                ready=part.pid != 0,
                pid=part.pid,
                restarts=part.restarts,
                paused=part.paused,
            )
            for part in status.infrastructure
        ]
    return found


def _service(name: str, seen: dict[str, ServiceHealth], states: dict[str, ServiceState]) -> Process:
    health, state = seen.get(name), states.get(name)
    ready = health.ready if health else state.ready if state else None
    return Process(
        name=name,
        is_service=True,
        ready=ready,
        detail=health.detail if health else "",
        pid=state.pid if state else None,
        restarts=state.restarts if state else None,
        paused=state.paused if state else False,
        requests=health.requests if health else None,
        p99_ms=health.p99_ms if health else None,
        topics=tuple(health.topics) if health else (),
    )


class Processes:
    """The processes as they are now."""

    def __init__(self, marketplace: Marketplace) -> None:
        self.control = marketplace.control
        self._marketplace = marketplace
        self.health: Resource[Health] = Resource(self._read_health, marketplace.tasks, marketplace.clock)

    def refresh(self) -> None:
        """Read them again."""
        self.health.refresh()
        if self.control is not None:
            self.control.status.refresh()

    @property
    def status(self) -> Status | None:
        """The answer of the control API."""
        return self.control.status.value if self.control else None

    @property
    def all(self) -> Sequence[Process]:
        """All processes."""
        return processes(self.health.value, self.status)

    async def _read_health(self) -> Health:
        return await self._marketplace.connection.ask(self._marketplace.client.health.ready())
