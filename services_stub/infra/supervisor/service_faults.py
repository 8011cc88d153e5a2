"""Faults that services carry out: told to the process that runs, and among the settings of the one that replaces it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence

import msgspec

from services_stub.client import loopback
from services_stub.contracts.control_faults import ClockSkew, PaymentFault, ServiceFault
from services_stub.contracts.encoding import encode_json
from services_stub.contracts.events import EVENT_BY_TOPIC, owner_of
from services_stub.infra.config.ports import HOST
from services_stub.infra.kafka.brokers import CannotDisturb
from services_stub.infra.processes.managed_process import ManagedProcess
from services_stub.infra.processes.messages import ServiceArguments, encode
from services_stub.infra.processes.protocol import Fork
from services_stub.infra.supervisor.control import UnknownName
from services_stub.runtime.faults import FAULTS_PATH
from services_stub.runtime.settings import INTERNAL_TOKEN, Settings

_TELL_SECONDS = 10.0
_PAUSE = 0.1


class ServiceFaults:
    """The faults in force, by their ids. `process_of` has the process in which a service runs, once it is started."""

    def __init__(
        self, process_of: Callable[[str], ManagedProcess | None], ports: Mapping[str, int], internal_token: str
    ) -> None:
        self._process_of, self._ports, self._token = process_of, ports, internal_token
        self._faults: dict[str, ServiceFault] = {}
        self._lock = asyncio.Lock()

    def all(self) -> list[ServiceFault]:
        """The faults in force."""
        return list(self._faults.values())

    async def apply(self, fault: ServiceFault) -> None:
        """Put a fault into force.

        Raises:
            UnknownName: there is no such topic.
            CannotDisturb: its service does not take it, or shares the clock that it is about; nothing is changed.
        """
        async with self._lock:
            await self._replace(service_of(fault), {**self._faults, fault.id: fault})

    async def clear(self, fault_id: str) -> None:
        """Take a fault out of force.

        Raises:
            KeyError: it is not in force.
            CannotDisturb: its service does not take it; the fault stays in force.
        """
        async with self._lock:
            others = dict(self._faults)
            await self._replace(service_of(others.pop(fault_id)), others)

    async def _replace(self, service: str, faults: dict[str, ServiceFault]) -> None:
        process = self._process_of(service)
        if process is None:
            raise CannotDisturb(f"{service} has not been started yet")
        before = process.command
        assert isinstance(before, Fork)  # as every service is started
        own = [fault for fault in faults.values() if service_of(fault) == service]
        if any(isinstance(fault, ClockSkew) for fault in own) and len(_services_in(before)) > 1:
            raise CannotDisturb(f"{service} shares its process, and so its clock, with other services")
        # First for a process that is started meanwhile.
        process.command = with_faults(before, service, own)
        try:
            await self._tell(service, process, own)
        except CannotDisturb:
            process.command = before
            raise
        self._faults = faults

    async def _tell(self, service: str, process: ManagedProcess, faults: Sequence[ServiceFault]) -> None:
        deadline = time.monotonic() + _TELL_SECONDS
        url = f"http://{HOST}:{self._ports[service]}"
        headers = {INTERNAL_TOKEN: self._token, "content-type": "application/json"}
        while True:
            if process.paused:
                raise CannotDisturb(f"{service} is paused: resume it first")
            try:
                status, answer = await asyncio.to_thread(
                    loopback.request, "PUT", url, FAULTS_PATH, headers, encode_json(faults)
                )
            except OSError as error:
                # It is being started again, which takes a moment.
                if time.monotonic() > deadline:
                    raise CannotDisturb(f"{service} does not answer: {error}") from error
                await asyncio.sleep(_PAUSE)
                continue
            if status != 204:
                raise CannotDisturb(f"{service} refuses the fault: {status} {answer.decode(errors='replace')}")
            return


def service_of(fault: ServiceFault) -> str:
    """The service that carries out a fault: payment, the one that is named, or the publisher of the topic.

    Raises:
        UnknownName: there is no such topic.
    """
    if isinstance(fault, PaymentFault):
        return "payment"
    if isinstance(fault, ClockSkew):
        return fault.service
    event = EVENT_BY_TOPIC.get(fault.topic)
    if event is None:
        raise UnknownName(f"there is no topic {fault.topic[:100]} of events")
    return owner_of(event)


def with_faults(command: Fork, service: str, faults: Sequence[ServiceFault]) -> Fork:
    """The command that starts a service's process, with other faults for that service."""
    settings = [
        msgspec.structs.replace(own, faults=list(faults)) if own.service == service else own
        for own in _services_in(command)
    ]
    return msgspec.structs.replace(command, argument=msgspec.Raw(encode(ServiceArguments(services=settings))))


def _services_in(command: Fork) -> Sequence[Settings]:
    """The settings of the services that a process runs."""
    return msgspec.json.decode(command.argument, type=ServiceArguments).services
