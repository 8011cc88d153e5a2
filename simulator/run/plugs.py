"""The places at which other parts take part in a run: faults while the load runs, and judges after the drain."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Protocol

from services_stub.contracts.control import State
from simulator.history import FaultRecord, RunDirectory
from simulator.history.verdict import Finding
from simulator.trace.cluster import Cluster


class Faults(Protocol):
    """The planned faults of a run."""

    def lines(self) -> Sequence[str]:
        """The faults in words, which are printed before the run."""

    def carry_out(
        self,
        state: State | None,
        cluster: Cluster,
        started_at: int,
        stopped: threading.Event,
        keep: Callable[[FaultRecord], None],
    ) -> None:
        """Apply each fault at its time and heal it, in a thread of its own; return when all are healed.

        `state` has the control API of the marketplace, None for one elsewhere. `started_at` is the start of the load in
        microseconds of Unix time. When `stopped` is set, what is in force is healed at once, and nothing more applied.
        `keep` is told of each fault once it has ended; the run counts the sagas and requests that it hit. An exception
        makes the run unknown.
        """


class NoFaults:
    """The faults of a run without any."""

    def lines(self) -> Sequence[str]:
        """None."""
        return ()

    def carry_out(
        self,
        state: State | None,
        cluster: Cluster,
        started_at: int,
        stopped: threading.Event,
        keep: Callable[[FaultRecord], None],
    ) -> None:
        """Nothing."""


Judge = Callable[[RunDirectory], Sequence[Finding]]
"""Judges a run by its directory after the drain, and may add files to it. What it finds decides the verdict."""
