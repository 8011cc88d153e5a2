"""The places at which other parts take part in a run: faults while the load runs, and judges after the drain."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from services_stub.contracts.control import State
from simulator.history import FaultRecord, RunDirectory
from simulator.history.verdict import Finding
from simulator.trace.cluster import Cluster


class Activity(NamedTuple):
    """The orders that are open, those that were placed so far, and the requests that have ended so far.

    The requests are those that the workers have told of, which they do once a second.
    """

    open_sagas: int
    sagas_begun: int
    requests_ended: int


class Faults(Protocol):
    """The planned faults of a run."""

    def lines(self) -> Sequence[str]:
        """The faults in words, which are printed before the run."""

    def links(self, *, own_kafka: bool) -> Sequence[str]:
        """The connections that have to pass a proxy, in a marketplace that is started for the run, as `order-product`.

        Only a Kafka of its own can have a proxy before it.
        """

    def in_force(self) -> Sequence[str]:
        """The faults that have begun and not ended, in words. Any thread may ask."""

    def check(self, state: State | None) -> Sequence[str]:
        """The faults that this marketplace will have, as they are written; refused before there is any load.

        Raises:
            FaultError: the text has every reason.
        """

    def carry_out(
        self,
        state: State | None,
        cluster: Cluster,
        started_at: int,
        stopped: threading.Event,
        activity: Callable[[], Activity],
        keep: Callable[[FaultRecord], None],
    ) -> None:
        """Apply each fault at its time and heal it, in a thread of its own; return when all are healed.

        `state` has the control API of the marketplace, None for one elsewhere. `started_at` is the start of the load in
        microseconds of Unix time. When `stopped` is set, what is in force is healed at once, and nothing more applied.
        `activity` tells what goes on. `keep` is told of each fault once it has ended; the run counts from its history
        the sagas and requests that each one hit. An exception makes the run unknown.
        """


class NoFaults:
    """The faults of a run without any."""

    def lines(self) -> Sequence[str]:
        """None."""
        return ()

    def links(self, *, own_kafka: bool) -> Sequence[str]:  # noqa: ARG002 - of faults
        """None."""
        return ()

    def in_force(self) -> Sequence[str]:
        """None."""
        return ()

    def check(self, state: State | None) -> Sequence[str]:  # noqa: ARG002 - of faults
        """None."""
        return ()

    def carry_out(
        self,
        state: State | None,
        cluster: Cluster,
        started_at: int,
        stopped: threading.Event,
        activity: Callable[[], Activity],
        keep: Callable[[FaultRecord], None],
    ) -> None:
        """Nothing."""


class Judged(NamedTuple):
    """The findings of a judge, which decide the verdict, and further lines for people."""

    findings: Sequence[Finding]
    lines: Sequence[str] = ()


Judge = Callable[[RunDirectory], Judged]
"""Judges a run by its directory after the drain, and may add files to it."""
