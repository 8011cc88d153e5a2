"""Planned faults as what the control API takes: actions that are done once, and faults that last until cleared."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Protocol, TypeVar

from services_stub.client.control import ControlClient
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
from services_stub.contracts.control_faults import (
    ClockSkew,
    CutLink,
    DeclinedPayments,
    DelayedPayments,
    DelayedRecords,
    DoubleCharges,
    DuplicatedRecords,
    Fault,
    FullDisk,
    LostAnswers,
    LostPaymentAnswers,
    PaymentOutage,
    PoisonRecords,
    ResentRecords,
    SlowLink,
    SlowRequests,
    TimedOutRequests,
)
from simulator.faults.kinds import Place
from simulator.faults.planned import PlannedFault
from simulator.history.operations import SKEW
from simulator.scenario.quantities import MICROSECONDS

BROKER = "kafka"
"""The name of the broker among the processes of a marketplace."""

_PRODUCE = 0
"""The Kafka API key of the requests that bring records."""

T = TypeVar("T")
Key = tuple[str, Place]


class Control(Protocol):
    """The control API, as coroutines. Each raises the kinds of ControlError."""

    async def status(self) -> Status:
        """The processes, and which services are ready now."""

    async def act(self, action: Action) -> None:
        """Do something once."""

    async def faults(self) -> list[ActiveFault]:
        """The faults that are in force."""

    async def apply(self, fault: Fault) -> None:
        """Put a fault into force until it is cleared."""

    async def clear(self, fault_id: str) -> None:
        """Take a fault out of force."""


class ControlInThreads:
    """A `Control` that calls the synchronous client in threads."""

    def __init__(self, client: ControlClient) -> None:
        self._client = client

    async def status(self) -> Status:
        """The processes, and which services are ready now."""
        return await _called(self._client.status)

    async def act(self, action: Action) -> None:
        """Do something once."""
        await _called(lambda: self._client.act(action))

    async def faults(self) -> list[ActiveFault]:
        """The faults that are in force."""
        return await _called(self._client.faults)

    async def apply(self, fault: Fault) -> None:
        """Put a fault into force until it is cleared."""
        await _called(lambda: self._client.apply(fault))

    async def clear(self, fault_id: str) -> None:
        """Take a fault out of force."""
        await _called(lambda: self._client.clear(fault_id))


async def completed(work: Coroutine[Any, Any, T]) -> T:
    """The result of work that a cancellation does not interrupt: it is raised once the work has ended."""
    task = asyncio.create_task(work)
    interruption: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait((task,))
        except asyncio.CancelledError as error:
            interruption = error
    if interruption is not None:
        task.exception()  # it was looked at
        raise interruption
    return task.result()


def action_of(fault: PlannedFault) -> Action | None:
    """The action that begins a fault, or is all of it; None where it begins otherwise."""
    make = _ACTIONS.get(_key(fault))
    return None if make is None else make(fault.target)


def ending_of(fault: PlannedFault) -> Action | None:
    """The action that ends a fault which an action began; None where there is none to do."""
    make = _ENDINGS.get(_key(fault))
    return None if make is None else make(fault.target)


def lasting_of(fault: PlannedFault) -> Fault | None:
    """The fault of the control API that lasts until it is cleared; None where there is none."""
    make = _FAULTS.get(_key(fault))
    return None if make is None else make(fault)


async def _called(call: Callable[[], T]) -> T:
    """The result of a call in a thread. One that has been sent is waited for: what follows must not overtake it."""
    return await completed(asyncio.to_thread(call))


def _key(fault: PlannedFault) -> Key:
    return (fault.kind.word, fault.kind.place)


def _share(fault: PlannedFault) -> float:
    return fault.amount / 100


def _milliseconds(fault: PlannedFault) -> int:
    return fault.amount // MICROSECONDS["ms"]


_ACTIONS: Mapping[Key, Callable[[str], Action]] = {
    ("kill", Place.SERVICE): lambda name: KillService(service=name),
    ("kill", Place.BROKER): lambda _: KillBroker(),
    ("pause", Place.SERVICE): lambda name: PauseService(service=name),
    ("restart", Place.SERVICE): lambda name: RestartService(service=name),
    ("restart", Place.BROKER): lambda _: RestartBroker(),
    ("stop", Place.BROKER): lambda _: StopBroker(),
}
_ENDINGS: Mapping[Key, Callable[[str], Action]] = {
    ("pause", Place.SERVICE): lambda name: ResumeService(service=name),
    ("stop", Place.BROKER): lambda _: StartBroker(),
}
_FAULTS: Mapping[Key, Callable[[PlannedFault], Fault]] = {
    ("slow", Place.BROKER): lambda fault: SlowRequests(milliseconds=_milliseconds(fault)),
    ("cut", Place.BROKER): lambda _: LostAnswers(api_key=_PRODUCE),
    ("lose-answers", Place.BROKER): lambda _: TimedOutRequests(api_key=_PRODUCE),
    ("slow", Place.LINK): lambda fault: SlowLink(link=fault.target, milliseconds=_milliseconds(fault)),
    ("cut", Place.LINK): lambda fault: CutLink(link=fault.target),
    ("full-disk", Place.SERVICE): lambda fault: FullDisk(service=fault.target),
    ("full-disk", Place.BROKER): lambda _: FullDisk(service=BROKER),
    (SKEW, Place.SERVICE): lambda fault: ClockSkew(service=fault.target, milliseconds=_milliseconds(fault)),
    ("decline", Place.PROVIDER): lambda fault: DeclinedPayments(rate=_share(fault)),
    ("delay", Place.PROVIDER): lambda fault: DelayedPayments(milliseconds=_milliseconds(fault)),
    ("outage", Place.PROVIDER): lambda _: PaymentOutage(),
    ("lose-answers", Place.PROVIDER): lambda fault: LostPaymentAnswers(rate=_share(fault)),
    ("double-charge", Place.PROVIDER): lambda fault: DoubleCharges(rate=_share(fault)),
    ("duplicate", Place.TOPIC): lambda fault: DuplicatedRecords(topic=fault.target, rate=_share(fault)),
    ("reorder", Place.TOPIC): lambda fault: ResentRecords(topic=fault.target, rate=_share(fault)),
    ("delay", Place.TOPIC): lambda fault: DelayedRecords(topic=fault.target, milliseconds=_milliseconds(fault)),
    ("poison", Place.TOPIC): lambda fault: PoisonRecords(topic=fault.target, milliseconds=_milliseconds(fault)),
}
