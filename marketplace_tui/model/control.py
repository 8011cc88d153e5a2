"""The control API of a marketplace on this machine: its processes and its faults.

Its client is synchronous, so that every call is made in a thread. Its errors become those of the marketplace's client
here, once, so that screens know one tree of errors.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from operator import methodcaller
from typing import TypeAlias, TypeVar

from marketplace_tui.model.resource import Resource
from marketplace_tui.model.tasks import Tasks
from services_stub.client.control import (
    ControlClient,
    ControlError,
    ControlRefused,
    NotAnswering,
    NotRunning,
)
from services_stub.client.errors import ContractBroken, RequestRefused, Unreachable
from services_stub.contracts.control import Action, ActiveFault, Status
from services_stub.contracts.control_faults import Fault

POLL_SECONDS = 2.0
"""How often the faults that are in force are asked for."""

Connect: TypeAlias = Callable[[], ControlClient]
Answer = TypeVar("Answer")


class Control:
    """The status of the processes, and the faults that are in force.

    `connect` is called for every call: after a restart of the marketplace its address and its token are others.
    """

    def __init__(self, connect: Connect, tasks: Tasks, clock: Callable[[], float]) -> None:
        self._connect = connect
        self._tasks = tasks
        self.status: Resource[Status] = Resource(lambda: self.call(methodcaller("status")), tasks, clock)
        self.faults: Resource[list[ActiveFault]] = Resource(lambda: self.call(methodcaller("faults")), tasks, clock)

    def start(self) -> None:
        """Begin to follow the faults."""
        self._tasks.start(self._follow(), lasting=True)

    async def call(self, do: Callable[[ControlClient], Answer]) -> Answer:
        """The answer of a call of the control client.

        Raises:
            RequestRefused: the supervisor said no.
            Unreachable: no marketplace runs there, or it does not answer.
            ContractBroken: the answer cannot be read.

        """
        try:
            return await asyncio.to_thread(lambda: do(self._connect()))
        except ControlRefused as error:
            raise RequestRefused(error.problem) from error
        except (NotRunning, NotAnswering) as error:
            raise Unreachable(str(error)) from error
        except ControlError as error:
            raise ContractBroken(str(error)) from error

    async def act(self, action: Action) -> None:
        """Do something once; the status is asked for afterwards."""
        await self.call(lambda client: client.act(action))
        self.status.refresh()

    async def apply(self, fault: Fault) -> ActiveFault:
        """Put a fault into force."""
        active = await self.call(lambda client: client.apply(fault))
        self.faults.refresh()
        return active

    async def clear(self, *fault_ids: str) -> None:
        """Take faults out of force."""
        try:
            for fault_id in fault_ids:
                await self.call(methodcaller("clear", fault_id))
        finally:
            self.faults.refresh()

    async def _follow(self) -> None:
        while True:
            self.faults.refresh()
            await asyncio.sleep(POLL_SECONDS)
