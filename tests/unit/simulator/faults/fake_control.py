"""A marketplace behind the control API that is disturbed in virtual time, and refuses or fails as a test wants it."""

from __future__ import annotations

import asyncio

import msgspec

from services_stub.client.control import ControlError, UnknownTarget
from services_stub.contracts.control import (
    Action,
    ActiveFault,
    KillBroker,
    KillService,
    PauseService,
    RestartBroker,
    RestartService,
    ResumeService,
    StartBroker,
    Status,
    StopBroker,
)
from services_stub.contracts.control_faults import Fault
from services_stub.contracts.problem import problem
from tests.unit.simulator.faults.targets import status_of
from tests.unit.simulator.virtual_time import clock

BACK_SECONDS = 2.0


class FakeControl:
    """`calls` has every command with its second. A process that ended has a successor at once, ready 2 s later.

    `errors` are raised by the next calls of a method, one each. `hits` is what each fault has struck.
    """

    def __init__(self) -> None:
        self.calls: list[tuple[float, str]] = []
        self.errors: dict[str, list[ControlError]] = {}
        self.broker_listens = True
        self.hits: int | None = None
        self._faults: dict[str, Fault] = {}
        self._status = status_of()
        self._ready_at: dict[str, float] = {}
        self._next_pid = 1_000

    async def status(self) -> Status:
        now = asyncio.get_running_loop().time()
        await asyncio.sleep(0)
        services = [
            msgspec.structs.replace(each, ready=not each.paused and now >= self._ready_at.get(each.name, 0.0))
            for each in self._status.services
        ]
        return msgspec.structs.replace(self._status, services=services)

    async def faults(self) -> list[ActiveFault]:
        return [ActiveFault(id=key, fault=fault, hits=self.hits) for key, fault in self._faults.items()]

    async def apply(self, fault: Fault) -> None:
        await self._called("apply", fault.id)
        self._faults[fault.id] = fault

    async def clear(self, fault_id: str) -> None:
        await self._called("clear", fault_id)
        if self._faults.pop(fault_id, None) is None:
            raise UnknownTarget(problem(404, "not-found", fault_id))

    async def act(self, action: Action) -> None:
        service = getattr(action, "service", "")
        await self._called("act", f"{action.__struct_config__.tag} {service}".strip())
        match action:
            case KillService() | RestartService():
                self._replace(service)
            case PauseService() | ResumeService():
                self._change(service, paused=isinstance(action, PauseService))
            case KillBroker() | RestartBroker():
                self._replace_broker()
            case StopBroker() | StartBroker():
                self.broker_listens = isinstance(action, StartBroker)

    @property
    def disturbed(self) -> bool:
        """Whether a fault is in force, a service paused, or the broker away."""
        return bool(self._faults) or not self.broker_listens or any(each.paused for each in self._status.services)

    async def _called(self, method: str, words: str) -> None:
        await asyncio.sleep(0)
        self.calls.append((clock() / 1_000_000, words))
        if errors := self.errors.get(method):
            raise errors.pop(0)

    def _replace(self, name: str) -> None:
        self._next_pid += 1
        self._change(name, pid=self._next_pid, paused=False)
        self._ready_at[name] = asyncio.get_running_loop().time() + BACK_SECONDS

    def _replace_broker(self) -> None:
        self._next_pid += 1
        broker = msgspec.structs.replace(self._status.infrastructure[0], pid=self._next_pid)
        self._status = msgspec.structs.replace(self._status, infrastructure=[broker])

    def _change(self, name: str, **changes: object) -> None:
        services = [
            msgspec.structs.replace(each, **changes) if each.name == name else each for each in self._status.services
        ]
        self._status = msgspec.structs.replace(self._status, services=services)
