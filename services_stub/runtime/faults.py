"""The faults that a service carries out while it runs, as the supervisor has put them into force."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from services_stub.contracts.control_faults import ServiceFault

F = TypeVar("F", bound=ServiceFault)

FAULTS_PATH = "/internal/faults"
"""The route by which the supervisor replaces the faults of a service."""


class ActiveFaults:
    """The faults in force. They are replaced as a whole, in the thread of the event loop, and read in any."""

    def __init__(self, faults: Sequence[ServiceFault]) -> None:
        self._faults = tuple(faults)
        self._listeners: list[Callable[[Sequence[ServiceFault]], None]] = []

    def find(self, kind: type[F]) -> F | None:
        """The fault of a kind of which there is one at a time; None while it is not in force."""
        return next((fault for fault in self._faults if isinstance(fault, kind)), None)

    def replace(self, faults: Sequence[ServiceFault]) -> None:
        """These faults are in force from now on, and no others."""
        self._faults = tuple(faults)
        for listener in self._listeners:
            listener(self._faults)

    def listen(self, listener: Callable[[Sequence[ServiceFault]], None]) -> None:
        """Call `listener` with the faults, now and whenever they change."""
        self._listeners.append(listener)
        listener(self._faults)
