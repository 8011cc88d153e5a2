"""Brings a marketplace back: every fault cleared, everything running, ready, and seen to be so."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence

from services_stub.client.control import ControlError
from services_stub.contracts.control import ActiveFault, ResumeService, StartBroker, Status
from simulator.faults.commands import Control

HEAL_SECONDS = 60.0
_LOOK_SECONDS = 0.25


class NotHealed(Exception):
    """Something does not come back; the text names it."""


async def heal(control: Control, within: float = HEAL_SECONDS) -> None:
    """Clear all faults, those of others too, let everything go on, and return once all services are ready.

    Raises:
        NotHealed: they are not, after `within` seconds.
    """
    left: Sequence[str] = ("the control API does not answer",)
    try:
        async with asyncio.timeout(within):
            while left := await _mended(control):
                await asyncio.sleep(_LOOK_SECONDS)
    except TimeoutError:
        raise NotHealed(f"not healed within {within:g} s: {'; '.join(left)}") from None


def disturbances(status: Status, faults: Iterable[ActiveFault]) -> list[str]:
    """Everything that is not as it is in a marketplace without faults."""
    return [
        *(f"fault {active.id} is in force" for active in faults),
        *(f"{service.name} is paused" for service in status.services if service.paused),
        *(f"{service.name} is not ready" for service in status.services if not service.ready and not service.paused),
        *(f"{process.name} does not run" for process in status.infrastructure if not process.pid),
    ]


async def _mended(control: Control) -> list[str]:
    """Do everything that can be done; what was not well before that, or prevented it."""
    try:
        status, faults = await control.status(), await control.faults()
        for service in status.services:
            if service.paused:
                await control.act(ResumeService(service=service.name))
        if status.kafka.mode != "external":
            await control.act(StartBroker())
        for active in faults:
            await control.clear(active.id)
    except ControlError as error:
        return [str(error)]
    return disturbances(status, faults)
